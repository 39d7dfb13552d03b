"""Who gets how much of a line, whatever it carries and loses; the network stands in for aiortc's."""

import asyncio
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.conductor import Conductor, Film
from kiosk.call.congestion.allocation import DATA_BPS, STETHOSCOPE_BPS, VOICE_BPS
from kiosk.call.congestion.controller import Controller
from kiosk.call.congestion.ladder import Ladder
from kiosk.call.congestion.line_end import LineEnd
from kiosk.call.encoding.processor import ProcessorWatch
from kiosk.call.encoding.redundant import Redundancy
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.encoding.voice import VoiceEncoder
from kiosk.call.streams import Shares, Size, VideoTarget, VoiceMode
from kiosk.call.switch import Switch
from tests.fakes.polling import until
from tests.kiosk.call.congestion.test_line_end import Network

_FIRST = VideoTarget(250_000, Size(640, 480, 15.0))
_REPEAT_BPS = 34_000  # each further copy of the voice on the wire
_LEAN_BPS = VOICE_BPS[VoiceMode.LEAN] + DATA_BPS
_RATES = st.integers(30_000, 4_000_000)
_LOSSES = st.sampled_from([0.0, 0.03, 0.1, 0.3])


def film(on: bool) -> Film:
    slot = FrameSlot()
    slot.put(VideoFrame(np.zeros((720, 640), dtype=np.uint8), 640, 480, 0.0, 1))
    return Film(slot, Switch(on), LiveTarget(_FIRST), Ladder(), 30.0)


class Stand:
    """A conductor in front of a line that carries so much and loses so much."""

    def __init__(self, rate_bps: int, loss: float, otoscope: bool, stethoscope: bool, bulk: bool) -> None:
        transport: Any = Network()
        controller = Controller(start_bps=rate_bps, max_bps=rate_bps)
        controller._line.report(loss, 0.05, 0.0, 200)
        self.line = LineEnd(transport, [], [], controller)
        self.voice, self.redundancy = VoiceEncoder(), Redundancy(111)
        self.films = film(True), film(otoscope)
        self.told: list[Shares] = []
        self.stethoscope = Switch(stethoscope)
        self.processor = ProcessorWatch()
        self.failed = 0
        self.conductor = Conductor(
            self.line,
            self.voice,
            self.redundancy,
            self.films,
            self.stethoscope,
            self.processor,
            lambda: bulk,
            self.told.append,
        )

    def fail(self, _shares: Shares) -> None:
        self.failed += 1
        raise ValueError("a listener with a bug")

    def step(self) -> Shares:
        self.conductor.step(0.0)
        return self.told[-1]


@settings(max_examples=60, deadline=None)
@given(_RATES, _LOSSES, st.booleans(), st.booleans(), st.booleans())
def test_pictures_and_the_rest_have_what_the_voice_leaves(
    rate_bps: int, loss: float, otoscope: bool, stethoscope: bool, bulk: bool
) -> None:
    """The voice with its repetitions and the readings come first; the encoders are told the same."""
    stand = Stand(rate_bps, loss, otoscope, stethoscope, bulk)
    shares = stand.step()
    voice_bps = VOICE_BPS[shares.voice] + DATA_BPS + stand.redundancy.depth * _REPEAT_BPS
    live_bps = STETHOSCOPE_BPS if shares.stethoscope_live else 0
    others_bps = shares.face_bps + shares.otoscope_bps + shares.bulk_bps + live_bps
    assert others_bps == 0 or rate_bps - others_bps >= voice_bps
    assert stand.redundancy.depth == 0 or rate_bps >= voice_bps
    assert stand.voice.mode is shares.voice
    for each, share_bps in zip(stand.films, (shares.face_bps, shares.otoscope_bps), strict=True):
        if each.switch.on:
            assert each.target.value.rate_bps <= share_bps
            assert (each.target.value.rate_bps == 0) == (share_bps == 0)


def test_a_processor_that_is_too_slow_makes_the_pictures_smaller() -> None:
    stand = Stand(4_000_000, 0.0, otoscope=False, stethoscope=False, bulk=False)
    stand.step()
    before = stand.films[0].target.value.size
    for tenth in range(40):
        stand.processor.report(0.09, tenth / 10)
    stand.step()
    size = stand.films[0].target.value.size
    assert size.width * size.height * size.rate_hz < before.width * before.height * before.rate_hz


async def test_a_listener_that_fails_does_not_freeze_the_rate() -> None:
    stand = Stand(4_000_000, 0.0, otoscope=False, stethoscope=False, bulk=False)
    stand.conductor._told = stand.fail
    running = asyncio.create_task(stand.conductor.run())
    await until(lambda: stand.failed)
    stand.stethoscope.set(True)
    await until(lambda: stand.failed > 1)
    running.cancel()


def test_that_a_narrow_line_records_is_said_also_of_a_stethoscope_that_comes_later() -> None:
    """Its being on changes nothing in the shares."""
    stand = Stand(60_000, 0.0, otoscope=False, stethoscope=False, bulk=False)
    stand.step()
    stand.step()
    assert len(stand.told) == 1
    stand.stethoscope.set(True)
    assert not stand.step().stethoscope_live
    assert len(stand.told) == 2


@settings(max_examples=20, deadline=None)
@given(st.integers(30_000, _LEAN_BPS), _LOSSES, st.booleans(), st.booleans())
def test_below_a_lean_voice_there_is_no_picture(
    rate_bps: int, loss: float, otoscope: bool, stethoscope: bool
) -> None:
    stand = Stand(rate_bps, loss, otoscope, stethoscope, bulk=False)
    shares = stand.step()
    assert (shares.voice, shares.stethoscope_live) == (VoiceMode.LEAN, False)
    assert shares.face_bps == shares.otoscope_bps == 0
    assert stand.redundancy.depth == 0
    assert all(each.target.value.rate_bps == 0 for each in stand.films if each.switch.on)
