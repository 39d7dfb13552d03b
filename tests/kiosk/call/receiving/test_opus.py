"""The physician's voice where libopus is missing."""

import ctypes.util
from pathlib import Path

import numpy as np
import pytest

from kiosk.call.receiving.opus import FfmpegOpus, opus_decoder
from tests.fakes.call_bench import bench
from tests.fakes.physician import Physician
from tests.kiosk.call.receiving.lossy_line import RATE_HZ, Line, encode, level_of, through, tone


@pytest.fixture(autouse=True)
def _no_libopus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda wanted: "libopus-of-nobody.so.0")


def test_what_arrives_is_heard_and_what_is_lost_is_silence() -> None:
    heard = through(encode(tone(6)), Line(loss=0.05))
    assert level_of(heard.sound[RATE_HZ:-RATE_HZ], 440) > 0.9
    decoder = opus_decoder()
    assert isinstance(decoder, FfmpegOpus)
    assert not decoder.conceal(960, b"following").any()


def test_what_is_no_opus_gives_nothing() -> None:
    decoder = opus_decoder()
    assert decoder.decode(b"") is None
    assert decoder.decode(b"\xff\xff\xff") is None


def test_what_is_missing_is_logged_by_the_name_of_its_package(caplog: pytest.LogCaptureFixture) -> None:
    opus_decoder()
    assert "libopus0" in caplog.text


async def test_a_call_goes_on(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context):
        played = kiosk.loudspeaker.pieces
        await kiosk.until(lambda: sum(bool(np.abs(piece).max() > 1000) for piece in played) > 25)
