"""Cameras and microphones of a kiosk that runs: opened for a consultation, kept in its record, closed."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.device import BleMatch
from devices.reading import Attachment, Kind
from drivers.chunks import Samples
from drivers.instrument import InstrumentState
from drivers.orientation import AS_IT_COMES
from kiosk.clip import decode_flac
from kiosk.devices_config import DevicesConfig
from kiosk.events import CallChanged, NoticeReason, PictureFrozen, ReadingShown, SoundHeard, SoundQuality
from kiosk.instruments import served
from tests.drivers.test_camera_button import press
from tests.fakes import pictures, usb_bus
from tests.fakes.cameras import OTOSCOPE
from tests.fakes.heart import RATE_HZ as HEART_RATE_HZ
from tests.fakes.heart import heart_beat
from tests.fakes.polling import until
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


async def listen(whole: Whole, heard: list[Samples]) -> None:
    """What the sound server gives of the stethoscope, beside the recording."""
    with whole.kiosk.instruments.stethoscope.listen() as queue:
        async for chunk in queue:
            heard.append(chunk.samples)


async def test_a_picture_and_a_sound_go_into_the_record(stage: Simulators, tmp_path: Path) -> None:
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False))
    watched = (Kind.CAMERA, Kind.MICROPHONE, Kind.OTOSCOPE, Kind.STETHOSCOPE)
    async with whole_kiosk(config) as whole:
        await whole.until(lambda: {state(whole, kind) for kind in watched} == {InstrumentState.READY})
        await whole.consult()
        await whole.until(lambda: whole.kiosk.frames.face.latest())
        await whole.kiosk.set_otoscope(True)
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        heard: list[Samples] = []
        listening = asyncio.create_task(listen(whole, heard))
        await whole.kiosk.freeze_picture()
        await asyncio.gather(whole.kiosk.keep_picture("ear_left"), whole.kiosk.record_sound("mitral"))
        listening.cancel()
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
    assert (picture.content_type, picture.site) == ("image/jpeg", "ear_left")
    seen = cv2.imdecode(np.frombuffer(picture.data, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None and seen.std() > 5
    assert (sound.content_type, sound.site) == ("audio/flac", "mitral")
    samples, rate_hz = decode_flac(sound.data)
    assert (rate_hz, len(samples)) == (48_000, 10 * 48_000)
    assert samples.std() > 50
    assert samples.tobytes() in np.concatenate(heard).tobytes()  # bit by bit what the sound server gave


async def test_a_sound_is_kept_at_the_rate_of_its_card_and_the_helper_sees_how_it_is(
    stage: Simulators, tmp_path: Path
) -> None:
    stage.media.do("plug_card")
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False, stethoscope="usb:0d8c:0012"))
    async with whole_kiosk(config) as whole:
        await whole.consult()
        await whole.until(lambda: state(whole, Kind.STETHOSCOPE) is InstrumentState.READY)
        await whole.kiosk.set_stethoscope(True)
        await whole.kiosk.record_sound("mitral")
        sound, heard = kept(whole, Kind.STETHOSCOPE), whole.heard(SoundHeard)
        assert whole.notices() == []
        assert heard[-1].quality is SoundQuality.CLEAR
        await whole.kiosk.set_stethoscope(False)
    assert sound is not None
    samples, rate_hz = decode_flac(sound.data)
    assert (rate_hz, len(samples)) == (16_000, 10 * 16_000)
    played = heart_beat()[:: HEART_RATE_HZ // 16_000]
    assert samples.tobytes() in np.tile(played, 15).tobytes(), "bit by bit what the card gave"


async def test_on_a_narrow_line_each_point_that_is_asked_for_is_recorded_by_itself(
    stage: Simulators, tmp_path: Path
) -> None:
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False))
    async with whole_kiosk(config) as whole:
        await whole.consult()
        await whole.until(lambda: state(whole, Kind.STETHOSCOPE) is InstrumentState.READY)
        whole.kiosk.desk.physician_points("mitral")
        await whole.kiosk.set_stethoscope(True)
        whole.kiosk.desk.stethoscope_live(False)
        await until(lambda: kept(whole, Kind.STETHOSCOPE), timeout_s=60)
        first = kept(whole, Kind.STETHOSCOPE)
        whole.kiosk.desk.physician_points("aortic")
        await until(lambda: kept(whole, Kind.STETHOSCOPE) is not first, timeout_s=60)
        second = kept(whole, Kind.STETHOSCOPE)
    assert first is not None and second is not None
    assert (first.site, second.site) == ("mitral", "aortic")


async def test_a_picture_is_kept_as_it_was_seen(stage: Simulators, tmp_path: Path) -> None:
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False))
    async with whole_kiosk(config) as whole:
        await whole.consult()
        whole.kiosk.instruments.on_button()
        assert not whole.heard(PictureFrozen), "it is switched off: nothing to hold"
        await whole.kiosk.set_otoscope(True)
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        await whole.kiosk.turn_picture()
        await whole.kiosk.mirror_picture()
        assert whole.heard(CallChanged)[-1].otoscope_mirrored
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        whole.kiosk.instruments.on_button()  # the otoscope's own
        assert whole.heard(PictureFrozen)
        await whole.kiosk.keep_picture("ear_right")
        picture = kept(whole, Kind.OTOSCOPE)
        await whole.kiosk.end_consultation()
        assert whole.kiosk.instruments.otoscope.orientation == AS_IT_COMES, "the next one begins anew"
    assert picture is not None and (picture.turned_deg, picture.mirrored) == (90, True)
    seen = cv2.imdecode(np.frombuffer(picture.data, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None and seen.shape[:2] == (640, 480)
    as_it_came = np.rot90(np.fliplr(seen)).astype(int)[pictures.BARCODE_HEIGHT :]
    drawn = (
        pictures.PICTURES["ear_canal"](i)[pictures.BARCODE_HEIGHT :] for i in range(pictures.LOOP_FRAMES)
    )
    assert min(float(np.abs(as_it_came - image).mean()) for image in drawn) < 5


async def test_a_picture_that_waits_for_its_ear_is_not_replaced(stage: Simulators, tmp_path: Path) -> None:
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False))
    async with whole_kiosk(config) as whole:
        await whole.consult()
        await whole.kiosk.set_otoscope(True)
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        whole.kiosk.instruments.on_button()
        await whole.kiosk.turn_picture()  # another picture is to be seen from now on
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        whole.kiosk.instruments.on_button()
        await whole.kiosk.freeze_picture()
        waits = PictureFrozen(first_waits=True)
        assert whole.heard(PictureFrozen) == [PictureFrozen(), waits, waits]
        await whole.kiosk.keep_picture("ear_left")
        picture = kept(whole, Kind.OTOSCOPE)
        assert picture is not None and picture.turned_deg == 0
        whole.kiosk.instruments.on_button()
        assert whole.heard(PictureFrozen)[-1] == PictureFrozen(), "the first has its ear"


async def test_a_picture_that_is_given_up_makes_room_and_is_said(stage: Simulators, tmp_path: Path) -> None:
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False))
    async with whole_kiosk(config) as whole:
        await whole.consult()
        await whole.kiosk.set_otoscope(True)
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        for answered in (True, False, False):
            whole.kiosk.instruments.on_button()
            await whole.kiosk.drop_picture(answered)
        assert whole.heard(PictureFrozen) == [PictureFrozen()] * 3
        assert whole.notices() == [NoticeReason.PICTURE_NOT_KEPT] * 2
        await whole.kiosk.drop_picture(answered=False)
        assert len(whole.notices()) == 2, "none was held"


@contextmanager
def button_of_the_otoscope(directory: Path) -> Iterator[int]:
    """What is written to this descriptor is what its input device reports."""
    fifo = directory / "button"
    os.mkfifo(fifo)
    usb_bus.plug_button(OTOSCOPE.index, str(fifo))
    end = os.open(fifo, os.O_RDWR)
    try:
        yield end
    finally:
        os.close(end)
        usb_bus.unplug_button(OTOSCOPE.index)


def button_is_watched() -> bool:
    open_files = {os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir()}
    return f"/dev/input/event{OTOSCOPE.index}" in open_files


async def test_the_button_of_the_otoscope_is_watched_while_it_is_on(
    stage: Simulators, tmp_path: Path
) -> None:
    config = config_in(tmp_path / "data", devices=DevicesConfig(bluetooth=False))
    with button_of_the_otoscope(tmp_path) as button:
        async with whole_kiosk(config) as whole:
            await whole.consult()
            await whole.until(lambda: state(whole, Kind.OTOSCOPE) is InstrumentState.READY)
            await whole.kiosk.set_otoscope(True)
            await whole.until(lambda: button_is_watched() and whole.kiosk.frames.otoscope.latest())
            os.write(button, press())
            await whole.until(lambda: whole.heard(PictureFrozen))
            await whole.kiosk.set_otoscope(False)
            await whole.until(lambda: not button_is_watched())


def test_a_watch_that_somebody_wears_is_not_listened_to() -> None:
    kinds = {device.kind for device in served(DevicesConfig())}
    assert Kind.HEART_RATE_MONITOR not in kinds and Kind.OXIMETER in kinds
    owned = served(DevicesConfig(expected=(Kind.HEART_RATE_MONITOR.value,)))
    radio = {device.kind for device in owned if isinstance(device.match, BleMatch)}
    assert radio == {Kind.HEART_RATE_MONITOR}, (
        "nor is a cuff of the next customer, where the site says what it owns"
    )
    assert not [d for d in served(DevicesConfig(bluetooth=False)) if isinstance(d.match, BleMatch)]
