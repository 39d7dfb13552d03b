"""What is forgotten after its time, with a clock that is wrong for a while."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from offline_queue import ageing
from offline_queue.audit.event import NewEvent
from offline_queue.audit.trail import read_trail
from offline_queue.audit.verify import Kept, check
from offline_queue.keeping import Keeping
from offline_queue.outcome import Delivered
from offline_queue.slots import add_slot
from offline_queue.store import Store
from tests.offline_queue.helpers import DAY_S, KEY, NOW, OWNER, TO_THE_SECOND, DaysPass, new, pems

TEN_YEARS_S = 10 * 365.25 * DAY_S
RECORDS = 4


def opened(directory: Path) -> Store:
    """Compared with its log: before that, nothing goes that the log may still bring back."""
    store = Store(directory, KEY, OWNER, TO_THE_SECOND, keeping=Keeping.of_days(180, 30))
    while store.verify_next():
        pass
    return store


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """All was delivered, the checkpoint too, and there are copies."""
    directory = tmp_path / "outbox"
    directory.mkdir()
    add_slot(directory, KEY, "agency", pems(X25519PrivateKey.generate())[1])
    with closing(opened(directory)) as store:
        for n in range(RECORDS):
            store.put([new(f"i{n}")], {}, [NewEvent("put", f"i{n}")])
        store.make_checkpoint(NOW)
        while (item := store.claim(NOW)) is not None:
            store.settle(item.id, Delivered("receipt"), NOW)
        store.tidy(NOW)
    yield directory


def kept(directory: Path) -> tuple[int, int, bool]:
    """Tombstones and sealed copies, and whether the chain is whole."""
    with closing(opened(directory)) as store:
        copies = store._database.number("SELECT count(*) FROM sealed_copy")
        delivered = store.counts(None).delivered
    trail = read_trail(directory, KEY, OWNER)
    return delivered, copies, not check(OWNER, trail.events, Kept(named=trail.sent))


ALL = (RECORDS + 1, RECORDS, True)


def test_a_clock_that_leaps_for_one_tidying_costs_nothing(directory: Path, days_pass: DaysPass) -> None:
    with closing(opened(directory)) as store:
        for now in (NOW + 60, NOW + TEN_YEARS_S, NOW + 120):
            days_pass(store, now, 0)
    assert kept(directory) == ALL


def test_a_kiosk_that_starts_with_a_wrong_clock_each_time_loses_a_day_each_time(directory: Path) -> None:
    for _ in range(20):
        with closing(opened(directory)) as store:
            store.tidy(NOW + TEN_YEARS_S)
    assert kept(directory) == ALL


def test_an_outbox_of_before_this_was_known_forgets_nothing_at_first(directory: Path) -> None:
    with closing(opened(directory)) as store:
        store.put([], {ageing.BELIEVED: None})
        store.tidy(NOW + TEN_YEARS_S)
    assert kept(directory) == ALL


@pytest.mark.parametrize("between", [None, 0.0, NOW + TEN_YEARS_S])
def test_what_is_too_old_goes_in_the_end(directory: Path, days_pass: DaysPass, between: float | None) -> None:
    """Also after the clock was in 1970, or ten years ahead."""
    with closing(opened(directory)) as store:
        days_pass(store, NOW, 1)
        if between is not None:
            days_pass(store, between, 2)
        days_pass(store, NOW, 34)
    assert kept(directory)[:2] == (0, 0)


def test_what_a_kiosk_was_switched_off_for_is_made_up_for(directory: Path, days_pass: DaysPass) -> None:
    with closing(opened(directory)) as store:
        for _ in range(35):
            days_pass(store, NOW + 60 * DAY_S, 0)
    assert kept(directory)[:2] == (0, 0)
