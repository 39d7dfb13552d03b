"""Cameras and microphones of a kiosk that runs: opened for a consultation, kept in its record, closed."""

import asyncio
import io
import wave
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.reading import Attachment, Kind
from drivers.instrument import InstrumentState
from kiosk.config import DevicesConfig
from kiosk.events import CallChanged, ReadingShown
from tests.kiosk.simulators import Simulators, simulators
from tests.kiosk.whole import Whole, config_in, whole_kiosk


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Simulators]:
    with simulators(tmp_path) as running:
        yield running


def state(whole: Whole, kind: Kind) -> InstrumentState | None:
    return next((s.state for s in whole.kiosk.hub.instruments if s.kind is kind), None)


def kept(whole: Whole, kind: Kind) -> Attachment | None:
    shown = [event.reading for event in whole.heard(ReadingShown) if event.reading.kind is kind]
    return shown[-1].attachment if shown else None


async def test_a_picture_and_a_sound_go_into_the_record(stage: Simulators, tmp_path: Path) -> None:
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False))
    watched = (Kind.CAMERA, Kind.MICROPHONE, Kind.OTOSCOPE, Kind.STETHOSCOPE)
    async with whole_kiosk(config) as whole:
        await whole.until(lambda: {state(whole, kind) for kind in watched} == {InstrumentState.READY})
        await whole.consult()
        await whole.until(lambda: whole.kiosk.frames.face.latest())
        await whole.kiosk.set_otoscope(True)
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        await asyncio.gather(whole.kiosk.keep_picture(), whole.kiosk.record_sound("apex"))
        await whole.until(
            lambda: state(whole, Kind.STETHOSCOPE) is InstrumentState.READY
        )  # it was off before
        picture, sound = kept(whole, Kind.OTOSCOPE), kept(whole, Kind.STETHOSCOPE)
        assert picture is not None and sound is not None
        assert whole.notices() == []
        assert whole.heard(CallChanged)[-1].otoscope_on
        await whole.kiosk.end_consultation()
        await whole.until(lambda: {state(whole, kind) for kind in watched} == {InstrumentState.READY})
        assert whole.kiosk.frames.face.latest() is None
        shown = len(whole.heard(ReadingShown))
        assert await whole.kinds_stored() == ["site", "open", *["reading"] * shown, "close"]
    assert picture.content_type == "image/jpeg"
    seen = cv2.imdecode(np.frombuffer(picture.data, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None and seen.std() > 5
    assert (sound.content_type, sound.site) == ("audio/wav", "apex")
    with wave.open(io.BytesIO(sound.data)) as file:
        assert (file.getframerate(), file.getnframes()) == (8_000, 8 * 8_000)
        assert np.frombuffer(file.readframes(64_000), dtype="<i2").std() > 50
