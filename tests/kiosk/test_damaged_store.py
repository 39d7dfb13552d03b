"""A kiosk whose disk has damaged a page of its store."""

from pathlib import Path

import pytest

from kiosk.data_dir import key_file, store_dir
from kiosk.events import NoticeReason
from kiosk.selftest.machine import check_store
from kiosk.selftest.report import Problem
from kiosk.session import Phase
from offline_queue.keys import load_key
from tests.kiosk.whole import config_in, whole_kiosk
from tests.offline_queue.damaged_page import flip, root_of


@pytest.mark.parametrize(("damaged", "received"), [("sqlite_autoindex_item_1", False), ("sealed_copy", True)])
async def test_a_damaged_store_refuses_only_whom_it_could_not_keep(
    tmp_path: Path, damaged: str, received: bool
) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config) as whole:
        await whole.consult()
        await whole.kiosk.end_consultation()
        await whole.kiosk.finish()
    directory = store_dir(config)
    flip(directory, root_of(directory, load_key(key_file(config)), damaged))
    async with whole_kiosk(config) as whole:
        await whole.kiosk.begin()
        assert whole.at(Phase.IDENTITY if received else None)
        assert (NoticeReason.NO_PLACE in whole.notices()) is not received
        assert (await check_store(whole.kiosk.outbox)).problem is Problem.STORE_DAMAGED
