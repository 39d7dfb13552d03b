"""Whether the database would take a consultation: it is put, made up, and taken back."""

import logging
import secrets
import time
from uuid import uuid4

from offline_queue.audit.chain import Chain
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError
from offline_queue.rows import Rows
from offline_queue.sql import Database
from offline_queue.witness.record import Kept

log = logging.getLogger(__name__)

_RECORDS = 50
"""More than most consultations have: so many move pages about, and read those beside them."""
_EVERY_ID = "SELECT count(id) FROM item"
"""From their index: a reading's may lie anywhere in it, and one that is refused keeps its session open."""


class _TakenBack(Exception):
    pass


def takes(database: Database, rows: Rows, chain: Chain, stream: str, *, is_damaged: bool) -> bool:
    """`stream`: the session's, whose place is in its name. `is_damaged`: something is, so all is looked at
    where that would take too long otherwise."""
    try:
        if is_damaged:
            database.number(_EVERY_ID)
        _put_and_take_back(database, rows, chain, stream)
        database.check()
    except OutboxError as error:
        log.error("the outbox would not take a consultation now: %s", error)
        return False
    return True


def _put_and_take_back(database: Database, rows: Rows, chain: Chain, stream: str) -> None:
    _, highest = rows.progress()
    rows.whole_state(), chain.unsigned()  # what a new segment of the log begins with
    try:
        with database.transaction():
            for number in range(1, _RECORDS + 1):
                now, payload = time.time(), secrets.token_bytes(1000)
                rows.insert(Kept(highest + number, str(uuid4()), stream, "trial", now, payload))
                rows.set_state(f"trial/{number}", payload)
                chain.append([NewEvent("trial", stream)], now)
            rows.set_progress(0, highest)
            raise _TakenBack
    except _TakenBack:
        return
