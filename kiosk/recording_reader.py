"""What an instrument has recorded, read at the helper's word; one at a time, and given up at their word."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from devices.event import Recall
from kiosk.events import Event, Notice, NoticeReason

_NOTICES = {Recall.NONE: NoticeReason.NO_RECORDING, Recall.FAILED: NoticeReason.RECORDING_NOT_READ}


class RecordingReader:
    """`recall` asks an instrument. What it has recorded comes as any reading does."""

    def __init__(
        self, recall: Callable[[str], Coroutine[Any, Any, Recall]], emit: Callable[[Event], None]
    ) -> None:
        self._recall = recall
        self._emit = emit
        self._work: asyncio.Task[Recall] | None = None

    async def read(self, instrument_id: str) -> None:
        """Wait until it is over; the helper is told when nothing came. Nothing while another is read."""
        if self._work is not None:
            return
        self._work = asyncio.create_task(self._recall(instrument_id))
        try:
            await asyncio.wait({self._work})
            if not self._work.cancelled() and (reason := _NOTICES.get(self._work.result())):
                self._emit(Notice(reason))
        finally:
            self.stop()
            self._work = None

    def stop(self) -> None:
        """The instrument measures again; what it has recorded stays in it."""
        if self._work is not None:
            self._work.cancel()
