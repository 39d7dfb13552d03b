"""Tries everything at once while the helper passes the link on, and goes on until it is good."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from devices.reading import Kind
from drivers.frames import FrameSlot
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.call.checks.figures import Pictures
from kiosk.call.checks.hearing import listen
from kiosk.call.checks.judging import judge_camera, judge_line, judge_microphone, judge_speaker
from kiosk.call.checks.line import AskRelay, LineAddress, measure_line
from kiosk.call.checks.output import try_output
from kiosk.call.checks.report import CallCheck, CheckPart, CheckReason, Light, PartCheck, untried
from kiosk.call.checks.seeing import watch
from kiosk.call.settings import PcmSource

LIMIT_S = 9.0  # each part has shorter limits of its own: this one is for what they did not foresee
AGAIN_S = 3.0
APPEARING_S = 1.0  # the drivers have looked for it by then
_GONE = (InstrumentState.ABSENT, InstrumentState.LOST)
_logger = logging.getLogger(__name__)

Try = Callable[[], Awaitable[PartCheck]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried. `statuses` tells what is plugged in; `speaker` as in the settings ("": the default)."""

    face: FrameSlot
    voice: PcmSource
    statuses: Callable[[], tuple[InstrumentStatus, ...]]
    speaker: str = ""


@dataclass(slots=True)
class CallChecks:
    """`start` when the call is open, `stop` when it is over; `told` after each part, on the asyncio loop.

    What is red or orange is tried again every few seconds while `waiting()` holds: the helper takes the cover
    off, and the light turns green by itself. A measured line is not burdened again.
    """

    tried: Tried
    told: Callable[[CallCheck], None]
    waiting: Callable[[], bool]
    check: CallCheck = field(default_factory=untried)
    _task: asyncio.Task[None] | None = None

    def start(self, address: LineAddress, ask_relay: AskRelay | None = None) -> None:
        """Try everything, beside whatever else happens. A check that runs already begins anew."""
        self._cancel()
        tries: dict[CheckPart, Try] = {
            CheckPart.CAMERA: self._try_camera,
            CheckPart.MICROPHONE: self._try_microphone,
            CheckPart.SPEAKER: self._try_speaker,
            CheckPart.LINE: lambda: _try_line(address, ask_relay),
        }
        self._task = asyncio.create_task(self._run(tries))

    async def stop(self) -> None:
        task = self._task
        self._cancel()
        if task is not None:
            await asyncio.wait([task])

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, tries: Mapping[CheckPart, Try]) -> None:
        self._tell(untried())
        wanted = dict(tries)
        while wanted:
            await asyncio.gather(*(self._try(part, attempt) for part, attempt in wanted.items()))
            self._tell(replace(self.check, running=False))
            await asyncio.sleep(AGAIN_S)
            if not self.waiting():
                return
            wanted = {part: tries[part] for part in CheckPart if _may_mend(self.check.part(part))}

    async def _try(self, part: CheckPart, attempt: Try) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                found = await attempt()
        except TimeoutError:
            _logger.warning("checking the %s took too long", part)
            found = PartCheck(part)
        parts = tuple(found if known.part is part else known for known in self.check.parts)
        self._tell(replace(self.check, parts=parts))

    def _tell(self, check: CallCheck) -> None:
        if check != self.check or check == untried():
            self.check = check
            self.told(check)

    async def _try_camera(self) -> PartCheck:
        if not await self._appears(Kind.CAMERA):
            return judge_camera(Pictures(), present=False)
        return judge_camera(await watch(self.tried.face), present=self._present(Kind.CAMERA))

    async def _try_microphone(self) -> PartCheck:
        level = await listen(self.tried.voice)
        if level is None and self._sound_stopped():
            return PartCheck(CheckPart.MICROPHONE)  # one fault behind two parts: the loudspeaker names it
        return judge_microphone(level, present=self._present(Kind.MICROPHONE))

    async def _try_speaker(self) -> PartCheck:
        return judge_speaker(await try_output(self.tried.speaker))

    async def _appears(self, kind: Kind) -> bool:
        if not self._present(kind):
            await asyncio.sleep(APPEARING_S)
        return self._present(kind)

    def _present(self, kind: Kind) -> bool:
        return any(s.kind is kind and s.state not in _GONE for s in self.tried.statuses())

    def _sound_stopped(self) -> bool:
        return any(s.reason is Reason.SOUND_SERVER_MISSING for s in self.tried.statuses())


async def _try_line(address: LineAddress, ask_relay: AskRelay | None) -> PartCheck:
    return judge_line(await measure_line(address, ask_relay))


def _may_mend(found: PartCheck) -> bool:
    """Worth another look: what the helper can put right. Of the line, only that it is back."""
    if found.part is CheckPart.LINE:
        return found.reason in (CheckReason.LINE_DOWN, CheckReason.LINE_RELAY)
    return found.light is not Light.GREEN
