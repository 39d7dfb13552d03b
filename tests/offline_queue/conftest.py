from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from offline_queue import ageing
from offline_queue.outbox import Outbox
from offline_queue.store import Store
from tests.offline_queue.helpers import DAY_S, KEY, OWNER, TO_THE_SECOND, DaysPass


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def days_pass(monkeypatch: pytest.MonkeyPatch) -> DaysPass:
    """From a time (Unix time) on so many days, with one look for what is too old on each."""
    monkeypatch.setattr(ageing, "EVERY_S", 0.0)

    def tidied(store: Store, begin: float, days: int) -> None:
        for day in range(days + 1):
            store.tidy(begin + day * DAY_S)

    return tidied


@pytest.fixture
async def outbox(directory: Path) -> AsyncIterator[Outbox]:
    outbox = await Outbox.open(directory, KEY, OWNER, TO_THE_SECOND)
    yield outbox
    await outbox.close()
