"""Ten times a second: what the line carries, who gets how much of it, and how large the pictures are then."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.frames import FrameSlot
from kiosk.call.congestion.allocation import DATA_BPS, VOICE_BPS, allocate, encoder_bps
from kiosk.call.congestion.controller import State
from kiosk.call.congestion.ladder import Ladder, needed_bps
from kiosk.call.congestion.line_end import LineEnd
from kiosk.call.encoding.processor import ProcessorWatch
from kiosk.call.encoding.redundant import Redundancy
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.encoding.voice import VoiceEncoder
from kiosk.call.repairs.sparing_sctp import ACK_DELAY_S
from kiosk.call.streams import Shares, Size, VideoTarget, VoiceMode, Wants
from kiosk.call.switch import Switch

log = logging.getLogger(__name__)

PERIOD_S = 0.1
# What a picture needs to look right, times this: more costs line, processor and, on a lossy line, time.
_PLENTY, _PLENTY_LOSSY, _LOSSY = 2.5, 1.8, 0.04
# Loss, and how many earlier pieces of the voice each packet carries then.
_REPEAT_ABOVE = ((0.015, 1), (0.06, 2))
_REPEAT_FROM_BPS, _REPEAT_BPS = 250_000, 34_000
_FLIGHT_MIN_BYTES = 800
_TAKEN_SMOOTHING = 0.07  # of each look: pictures that come and go cost more than they show


@dataclass(frozen=True, slots=True)
class Film:
    """One picture track as the conductor sees it: where it comes from, whether it is on, what it may cost."""

    slot: FrameSlot
    switch: Switch
    target: LiveTarget
    ladder: Ladder
    rate_hz: float

    def source(self) -> Size | None:
        """None while it is off, or has no picture yet."""
        picture = self.slot.latest()
        if picture is None or not self.switch.on:
            return None
        return Size(picture.width, picture.height, self.rate_hz)


class Conductor:
    """`run` for as long as the connection lives. `told` hears of each new division of the line."""

    def __init__(
        self,
        line: LineEnd,
        voice: VoiceEncoder,
        redundancy: Redundancy | None,
        films: tuple[Film, Film],
        stethoscope: Switch,
        processor: ProcessorWatch,
        bulk_waits: Callable[[], bool],
        told: Callable[[Shares], None],
    ) -> None:
        """`films`: the face, then the otoscope. `redundancy`: of the voice, where it is understood."""
        self._line = line
        self._voice = voice
        self._redundancy = redundancy
        self._films = films
        self._stethoscope = stethoscope
        self._processor = processor
        self._bulk_waits = bulk_waits
        self._told = told
        self.shares: Shares | None = None
        self._told_of: tuple[Shares, bool] | None = None
        self._taken_bps = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                self.step(time.monotonic())
            except Exception:  # a bug in who is told must not freeze the rate for the rest of the call
                log.exception("the line could not be divided")
            await asyncio.sleep(PERIOD_S)

    def step(self, now_s: float) -> None:
        """Look once, and act."""
        controller = self._line.controller
        controller.tick(now_s)
        sizes = [film.source() for film in self._films]
        wants = Wants(sizes[0], sizes[1], self._stethoscope.on, self._bulk_waits())
        shares = allocate(self._for_sharing_bps() - self._repeat_voice(), wants, self.shares)
        self._voice.mode = shares.voice
        rates_bps = (shares.face_bps, shares.otoscope_bps)
        dip = self._dip(rates_bps)
        for film, size, rate_bps in zip(self._films, sizes, rates_bps, strict=True):
            if size is not None:
                film.target.set(self._target(film, size, rate_bps, dip, now_s))
        answer_s = None if controller.state is State.SILENT else controller.answer_s
        self._line.limit_data(self._data_flight_bytes(shares.voice), answer_s)
        self.shares = shares
        # A stethoscope that is switched on where it cannot be live may change nothing in the shares.
        news, before = (shares, wants.stethoscope), self._told_of
        self._told_of = news
        if news != before:
            self._told(shares)

    def _for_sharing_bps(self) -> int:
        """What the line carries, without what is sent again and without data beyond its share."""
        controller = self._line.controller
        known_bps = DATA_BPS + (self.shares.bulk_bps if self.shares is not None else 0)
        taken_bps = self._line.resent_bps + max(0.0, controller.data_bps - known_bps)
        self._taken_bps += (taken_bps - self._taken_bps) * _TAKEN_SMOOTHING
        return max(0, int(controller.rate_bps - self._taken_bps))

    def _data_flight_bytes(self, voice: VoiceMode) -> int:
        """What data may be on its way at once: a round trip's worth of what the voice leaves."""
        controller = self._line.controller
        left_bps = max(DATA_BPS, controller.rate_bps - VOICE_BPS[voice])
        return max(_FLIGHT_MIN_BYTES, int(left_bps / 8 * (controller.answer_s + ACK_DELAY_S)))

    def _repeat_voice(self) -> int:
        """How often each piece of the voice is sent; returns what the repetitions cost, in bit/s."""
        if self._redundancy is None:
            return 0
        seen = self._line.controller
        fitting = [depth for above, depth in _REPEAT_ABOVE if seen.loss >= above]
        roomy = seen.rate_bps >= _REPEAT_FROM_BPS
        self._redundancy.depth = max(fitting, default=0) if roomy else 0
        return self._redundancy.depth * _REPEAT_BPS

    def _dip(self, rates_bps: tuple[int, int]) -> float:
        """How much more the pictures will have, as a factor, when the queue of this moment is gone."""
        controller = self._line.controller
        return 1 + (controller.settled_bps - controller.rate_bps) / max(1, sum(rates_bps))

    def _target(self, film: Film, source: Size, rate_bps: int, dip: float, now_s: float) -> VideoTarget:
        if not rate_bps:
            return VideoTarget(0, film.target.value.size)
        # A size that came and went with each brief dip would cost a key frame both times, just then.
        size = film.ladder.choose(rate_bps * dip, source, self._processor.limit, now_s)
        plenty = _PLENTY_LOSSY if self._line.controller.loss > _LOSSY else _PLENTY
        enough_bps = int(plenty * needed_bps(size))
        return VideoTarget(encoder_bps(min(rate_bps, enough_bps), size.rate_hz), size)
