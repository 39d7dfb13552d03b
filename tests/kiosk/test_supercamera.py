"""An otoscope that is no UVC camera, in a kiosk that runs: seen, held by its button, kept, missed."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.reading import Kind, Reading
from drivers.instrument import InstrumentState
from kiosk.choices import Role
from kiosk.devices_config import DevicesConfig
from kiosk.events import PictureFrozen, ReadingShown
from kiosk.selftest.report import Check, Part, Problem, Verdict
from kiosk.selftest.running import check_running
from tests.fakes import pictures
from tests.fakes.supercamera import IDS, SimulatedSupercamera
from tests.kiosk.whole import Whole, config_in, whole_kiosk

DEVICES = DevicesConfig(bluetooth=False, expected=(Kind.OTOSCOPE.value,))


@pytest.fixture
def scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedSupercamera]:
    monkeypatch.setenv("TELECABINE_USBFS_DIR", str(tmp_path))
    with SimulatedSupercamera(tmp_path) as camera:
        yield camera


def state(whole: Whole) -> InstrumentState | None:
    return next((s.state for s in whole.kiosk.hub.instruments if s.kind is Kind.OTOSCOPE), None)


def kept(whole: Whole) -> Reading:
    shown = [event.reading for event in whole.heard(ReadingShown)]
    return next(reading for reading in shown if reading.kind is Kind.OTOSCOPE)


async def otoscope_check(whole: Whole) -> Check:
    report = await check_running(whole.kiosk, idle=False)
    return next(check for check in report.checks if check.part is Part.OTOSCOPE)


async def test_its_picture_is_held_by_its_button_and_goes_into_the_record(
    scope: SimulatedSupercamera, tmp_path: Path
) -> None:
    async with whole_kiosk(config_in(tmp_path / "data", devices=DEVICES)) as whole:
        await whole.consult()
        await whole.kiosk.set_otoscope(True)
        await whole.until(lambda: whole.kiosk.frames.otoscope.latest())
        scope.pressed = True
        await whole.until(lambda: whole.heard(PictureFrozen))
        await whole.kiosk.keep_picture("ear_left")
        reading = kept(whole)
    assert (reading.identity.device, reading.identity.serial) == ("useeplus_otoscope", IDS.serial)
    assert reading.attachment is not None and reading.attachment.site == "ear_left"
    seen = cv2.imdecode(np.frombuffer(reading.attachment.data, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    drawn = (pictures.ear_canal(index) for index in range(pictures.LOOP_FRAMES))
    assert min(float(np.abs(seen.astype(np.int16) - image).mean()) for image in drawn) < 5


async def test_the_self_test_and_the_technician_know_it_as_the_otoscope(
    scope: SimulatedSupercamera, tmp_path: Path
) -> None:
    async with whole_kiosk(config_in(tmp_path / "data", devices=DEVICES)) as whole:
        await whole.until(lambda: state(whole) is InstrumentState.READY)
        assert (await otoscope_check(whole)).verdict is Verdict.GREEN
        choices = {choice.role: choice for choice in await whole.kiosk.parts.found()}
        assert choices[Role.OTOSCOPE].used == "supercamera"
        assert choices[Role.FACE_CAMERA].used == ""
        scope.unplug()
        await whole.until(lambda: state(whole) is InstrumentState.LOST)
        check = await otoscope_check(whole)
        assert (check.verdict, check.problem, check.detail) == (
            Verdict.RED, Problem.NOT_WORKING, "unplugged",
        )  # fmt: skip
