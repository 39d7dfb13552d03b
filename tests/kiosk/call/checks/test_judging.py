"""What was measured becomes a light and a reason. Pure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.levels import Level
from kiosk.call.checks.figures import LineFigures, Output, Pictures, Udp
from kiosk.call.checks.judging import judge_camera, judge_line, judge_microphone, judge_speaker
from kiosk.call.checks.report import CallCheck, CheckPart, CheckReason, Light, PartCheck, untried

GOOD_PICTURES = Pictures(40, 640, 480, brightest=210.0, change=3.5)
GOOD_LINE = LineFigures(True, False, 45.0, 900_000.0, 4_000_000.0, Udp(True, 48.0, 0.0))
GOOD_OUTPUT = Output(True, "speaker", takes_sound=True)


@pytest.mark.parametrize(
    ("pictures", "present", "reason"),
    [
        (GOOD_PICTURES, True, CheckReason.NONE),
        (replace(GOOD_PICTURES, brightest=21.0), True, CheckReason.CAMERA_BLACK),
        (replace(GOOD_PICTURES, brightest=21.0, change=0.0), True, CheckReason.CAMERA_BLACK),
        (replace(GOOD_PICTURES, change=0.0), True, CheckReason.CAMERA_FROZEN),
        (replace(GOOD_PICTURES, change=0.01), True, CheckReason.NONE),
        (replace(GOOD_PICTURES, count=1), True, CheckReason.CAMERA_NO_PICTURE),
        (Pictures(), True, CheckReason.CAMERA_NO_PICTURE),
        (Pictures(), False, CheckReason.CAMERA_MISSING),
    ],
)
def test_a_camera(pictures: Pictures, present: bool, reason: CheckReason) -> None:
    found = judge_camera(pictures, present)
    assert (found.part, found.reason) == (CheckPart.CAMERA, reason)
    assert (found.light is Light.GREEN) == (reason is CheckReason.NONE)


@pytest.mark.parametrize(
    ("peak_dbfs", "light", "reason"),
    [
        (-30.0, Light.GREEN, CheckReason.NONE),
        (-60.0, Light.GREEN, CheckReason.NONE),  # a quiet room
        (-80.0, Light.ORANGE, CheckReason.MICROPHONE_FAINT),
        (-96.0, Light.RED, CheckReason.MICROPHONE_SILENT),
    ],
)
def test_a_microphone(peak_dbfs: float, light: Light, reason: CheckReason) -> None:
    found = judge_microphone(Level(peak_dbfs, peak_dbfs - 6, 0), True)
    assert (found.light, found.reason) == (light, reason)


def test_a_microphone_without_any_sound() -> None:
    assert judge_microphone(None, True).reason is CheckReason.MICROPHONE_SILENT
    assert judge_microphone(None, False).reason is CheckReason.MICROPHONE_MISSING


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (GOOD_OUTPUT, CheckReason.NONE),
        (Output(False), CheckReason.SOUND_STOPPED),
        (Output(True), CheckReason.SPEAKER_MISSING),
        (replace(GOOD_OUTPUT, muted=True), CheckReason.SPEAKER_OFF),
        (replace(GOOD_OUTPUT, volume_percent=3), CheckReason.SPEAKER_OFF),
        (replace(GOOD_OUTPUT, takes_sound=False), CheckReason.SPEAKER_REFUSED),
    ],
)
def test_a_loudspeaker(output: Output, reason: CheckReason) -> None:
    assert judge_speaker(output).reason is reason


@pytest.mark.parametrize(
    ("line", "light", "reason"),
    [
        (GOOD_LINE, Light.GREEN, CheckReason.NONE),
        (replace(GOOD_LINE, udp=None), Light.GREEN, CheckReason.NONE),
        (LineFigures(False), Light.RED, CheckReason.LINE_DOWN),
        (replace(GOOD_LINE, udp=Udp(False)), Light.RED, CheckReason.LINE_RELAY),
        (replace(GOOD_LINE, up_bps=59_000.0), Light.RED, CheckReason.LINE_VOICE_ONLY),
        (replace(GOOD_LINE, up_bps=200_000.0), Light.ORANGE, CheckReason.LINE_WEAK),
        (replace(GOOD_LINE, down_bps=200_000.0), Light.ORANGE, CheckReason.LINE_WEAK),
        (replace(GOOD_LINE, udp=Udp(True, 48.0, 0.1)), Light.ORANGE, CheckReason.LINE_LOSSY),
        (replace(GOOD_LINE, udp=Udp(True, 700.0, 0.0)), Light.ORANGE, CheckReason.LINE_SLOW),
        (replace(GOOD_LINE, udp=None, rtt_ms=700.0), Light.ORANGE, CheckReason.LINE_SLOW),
        (LineFigures(True, local=True, rtt_ms=0.4), Light.UNKNOWN, CheckReason.LINE_UNMEASURED),
        (LineFigures(True, True, 0.4, udp=Udp(True, 40.0, 0.0)), Light.GREEN, CheckReason.NONE),
    ],
)
def test_a_line(line: LineFigures, light: Light, reason: CheckReason) -> None:
    found = judge_line(line)
    assert (found.light, found.reason) == (light, reason)


_rates = st.none() | st.floats(0, 1e9)


@given(st.booleans(), st.booleans(), _rates, _rates, st.none() | st.floats(0, 1))
def test_a_slower_line_is_never_better(
    reachable: bool, local: bool, up_bps: float | None, down_bps: float | None, loss: float | None
) -> None:
    udp = None if loss is None else Udp(True, 50.0, loss)
    line = LineFigures(reachable, local, 50.0, up_bps, down_bps, udp)
    worse = [Light.GREEN, Light.ORANGE, Light.RED]
    before = judge_line(line).light
    after = judge_line(replace(line, up_bps=up_bps / 2 if up_bps is not None else None)).light
    if Light.UNKNOWN not in (before, after):
        assert worse.index(after) >= worse.index(before)


def test_the_worst_part_is_the_one_to_name() -> None:
    camera = PartCheck(CheckPart.CAMERA, Light.ORANGE)
    speaker = PartCheck(CheckPart.SPEAKER, Light.RED, CheckReason.SPEAKER_OFF)
    line = PartCheck(CheckPart.LINE, Light.RED, CheckReason.LINE_DOWN)
    assert CallCheck((camera, speaker, line)).worst is speaker
    assert CallCheck((camera, line)).part(CheckPart.CAMERA) is camera
    assert {part.light for part in untried().parts} == {Light.UNKNOWN}
