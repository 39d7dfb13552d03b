"""A recording that somebody asks for: one at a time, never while the instrument measures, in bounded time."""

import asyncio
from collections.abc import Iterable

from devices.device import Decoder
from devices.event import Event, Recall, Recalled, Rejected
from devices.recording import Recalling
from drivers.instrument import InstrumentState
from drivers.tracker import Tracker

_SILENT_S = 3.0
_LONGEST_S = 300.0  # a whole day at 19200 baud, twice


class Recalls:
    """Of one instrument. `ask` waits for what came of it; whoever talks to the instrument takes the steps."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._is_open = False
        self._answer: asyncio.Future[Recall] | None = None
        self._began_s: float | None = None
        self._heard_s = 0.0

    async def ask(self) -> Recall:
        """FAILED at once while it measures, or where nobody talks to it. Cancelled: it is given up."""
        if not self._is_open or self._answer or self._tracker.status.state is not InstrumentState.READY:
            return Recall.FAILED
        self._answer = asyncio.get_running_loop().create_future()
        return await self._answer

    @property
    def is_running(self) -> bool:
        """It hands over a recording: nothing else is to be sent to it."""
        return self._began_s is not None

    def opened(self) -> None:
        """From now on somebody takes the steps."""
        self._is_open = True

    def step(self, decoder: Decoder, events: Iterable[Event]) -> list[Event]:
        """Told of what the instrument has said; returns what is to be done and sent now."""
        self._note(events)
        if self._answer is None or not isinstance(decoder, Recalling):
            return []
        if not self.is_running and self._answer.cancelled():
            self._answer = None
            return []
        if not self.is_running:
            self._began_s = self._heard_s = _now_s()
            return decoder.recall()
        if not self._is_late and not self._answer.cancelled():
            return []
        return decoder.give_up() or [Recalled(Recall.FAILED)]  # another decoder than the one that was asked

    def closed(self, decoder: Decoder) -> list[Event]:
        """Nobody talks to it any more: what is to be sent first, if that can still be."""
        self._is_open = False
        last = decoder.give_up() if self.is_running and isinstance(decoder, Recalling) else []
        self._end(Recall.FAILED)
        return last

    def _note(self, events: Iterable[Event]) -> None:
        """Once what was told is durable."""
        for event in events:
            if isinstance(event, Recalled):
                self._end(event.outcome)
            elif not isinstance(event, Rejected):
                self._heard_s = _now_s()

    @property
    def _is_late(self) -> bool:
        began_s = self._began_s or 0.0
        return _now_s() - self._heard_s > _SILENT_S or _now_s() - began_s > _LONGEST_S

    def _end(self, outcome: Recall) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(outcome)
        self._answer = self._began_s = None


def _now_s() -> float:
    return asyncio.get_running_loop().time()
