"""What was delivered stays readable for the organisation alone, and not longer than it asked for."""

from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from offline_queue.database import connect
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.keeping import Keeping
from offline_queue.outcome import Backoff, Delivered
from offline_queue.sealed_copies import opened, sealed
from offline_queue.sentinel import DATABASE
from offline_queue.slots import SLOTS, add_slot, read_slots
from offline_queue.store import Store
from tests.offline_queue.helpers import DAY_S, KEY, NOW, OWNER, DaysPass, new, pems

PAYLOAD = b"what the patient's heart sounded like"


def kept(directory: Path, days: int = 30) -> Store:
    store = Store(directory, KEY, OWNER, Backoff(), keeping=Keeping.of_days(180, days))
    store.put([new("a", payload=PAYLOAD)], {})
    store.claim(NOW)
    store.settle("a", Delivered("Media/1"), NOW)
    return store


def copies(directory: Path) -> list[bytes]:
    connection = connect(directory / DATABASE, KEY)
    rows = [bytes(content) for (content,) in connection.execute("SELECT content FROM sealed_copy")]
    connection.close()
    return rows


def test_the_organisation_reads_it_and_the_kiosk_does_not(directory: Path) -> None:
    agency, other = X25519PrivateKey.generate(), generate_private_key(65537, 3072)
    add_slot(directory, KEY, "agency", pems(agency)[1])
    add_slot(directory, KEY, "other", pems(other)[1])
    with closing(kept(directory)) as store:
        (what,) = store.copies.remembered()
        assert (what.id, what.receipt) == ("a", "Media/1")
        assert store.copies.opened(what, agency) == store.copies.opened(what, other) == PAYLOAD
        with pytest.raises(OutboxError) as caught:
            store.copies.opened(what, X25519PrivateKey.generate())
        assert caught.value.reason is OutboxReason.KEY_MISSING
    (copy,) = copies(directory)
    assert PAYLOAD not in copy and KEY not in copy


def test_nothing_is_kept_unless_it_was_asked_for(directory: Path) -> None:
    with closing(kept(directory)):
        pass
    assert copies(directory) == [], "no organisation has a key"
    add_slot(directory, KEY, "agency", pems(X25519PrivateKey.generate())[1])
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        store.put([new("b")], {})
        store.claim(NOW)
        store.settle("b", Delivered("Media/2"), NOW)
    assert copies(directory) == [], "the settings do not ask for it"


def test_it_goes_after_its_time(directory: Path, days_pass: DaysPass) -> None:
    add_slot(directory, KEY, "agency", pems(X25519PrivateKey.generate())[1])
    with closing(kept(directory, days=2)) as store:
        days_pass(store, NOW, 1)
        assert len(store.copies.remembered()) == 1
        store.put([new("b")], {})
        store.claim(NOW)
        store.settle("b", Delivered("Media/2"), NOW + 3 * DAY_S)
        days_pass(store, NOW + DAY_S, 2)
    assert len(copies(directory)) == 1


def test_damaged_slots_stop_no_delivery(directory: Path) -> None:
    directory.mkdir()
    (directory / SLOTS).write_text("?")
    with closing(kept(directory)) as store:
        assert store.counts(None).delivered == 1


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.99])
def test_a_damaged_copy_is_told(directory: Path, at: float) -> None:
    agency = X25519PrivateKey.generate()
    add_slot(directory, KEY, "agency", pems(agency)[1])
    copy = bytearray(sealed(PAYLOAD, read_slots(directory)))
    copy[int(at * len(copy))] ^= 1
    with pytest.raises(OutboxError):
        opened(bytes(copy), agency)
