from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from offline_queue.outbox import Outbox
from tests.offline_queue.helpers import KEY, OWNER, TO_THE_SECOND


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
async def outbox(directory: Path) -> AsyncIterator[Outbox]:
    outbox = await Outbox.open(directory, KEY, OWNER, TO_THE_SECOND)
    yield outbox
    await outbox.close()
