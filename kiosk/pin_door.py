"""The technician's door: after some wrong PINs it stays shut for a while, also over a restart."""

import asyncio
import json
import logging
import math
import time
from dataclasses import dataclass

from kiosk.audit import Told
from kiosk.pin import pin_matches
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError
from offline_queue.outbox import Outbox

log = logging.getLogger(__name__)

FREE_TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 900.0
_STATE = "pin"


@dataclass(frozen=True, slots=True)
class PinAnswer:
    """`wait_s`: nothing is tried before that many seconds."""

    right: bool
    wait_s: int = 0


class PinDoor:
    def __init__(self, outbox: Outbox, stored: str) -> None:
        """`stored`: as `hash_pin` made it, "" for a door without a key."""
        self._outbox, self._stored = outbox, stored
        self._one_at_a_time = asyncio.Lock()
        self._wrong: int | None = None
        self._shut_until = 0.0

    async def knock(self, pin: str) -> PinAnswer:
        async with self._one_at_a_time:
            wrong = await self._known()
            # The wall clock outlives a restart; set back, it must not shut the door for years.
            self._shut_until = min(self._shut_until, time.time() + LONGEST_WAIT_S)
            if wait_s := self._wait_s():
                return PinAnswer(False, wait_s)
            # Before the answer is known: who cuts the power at that moment has had his try.
            await self._note(wrong + 1, Told.PIN_TRIED)
            if await asyncio.to_thread(pin_matches, pin, self._stored):
                await self._note(0, Told.TECHNICIAN_ENTERED)
                return PinAnswer(True)
            return PinAnswer(False, self._wait_s())

    def _wait_s(self) -> int:
        return math.ceil(max(0.0, self._shut_until - time.time()))

    async def _known(self) -> int:
        if self._wrong is None:
            self._wrong, self._shut_until = await self._kept()
        return self._wrong

    async def _kept(self) -> tuple[int, float]:
        """A store that cannot be read must not keep the technician out."""
        try:
            wrong, shut_until = json.loads(await self._outbox.get_state(_STATE) or b"[0, 0]")
        except OutboxError as error:
            log.warning("the tries at the technician's door could not be read: %s", error)
            return 0, 0.0
        return int(wrong), float(shut_until)

    async def _note(self, wrong: int, told: Told) -> None:
        beyond = wrong - FREE_TRIES
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(beyond, 10)) if beyond >= 0 else 0.0
        self._wrong, self._shut_until = wrong, time.time() + wait_s if wait_s else 0.0
        state = json.dumps([self._wrong, self._shut_until]).encode() if wrong else None
        try:
            await self._outbox.put(state={_STATE: state}, events=[NewEvent(told)])
        except OutboxError as error:
            log.warning("the tries at the technician's door could not be kept: %s", error)
