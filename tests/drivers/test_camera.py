"""The cameras over OpenCV's V4L2 backend. Needs tests/fakes/private.sh, and the shim in LD_PRELOAD."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from devices.catalog.uvc_otoscope import DEVICE as OTOSCOPE_DEVICE
from devices.reading import Kind
from drivers.camera import Camera, CameraRole, face_role, otoscope_role
from drivers.frames import FrameSlot, VideoFrame, to_bgra
from drivers.instrument import InstrumentState, Reason
from tests.drivers.status_log import StatusLog, until
from tests.fakes import pictures, usb_bus
from tests.fakes.cameras import FACE, OTOSCOPE, SimulatedCamera


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    usb_bus.require_private_namespace()
    if "v4l2_shim" not in os.environ.get("LD_PRELOAD", ""):
        pytest.fail("LD_PRELOAD must name the library that tests/fakes/build_shim.py builds")
    monkeypatch.setenv("TELECABINE_V4L2_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def otoscope(folder: Path) -> Iterator[SimulatedCamera]:
    with SimulatedCamera(OTOSCOPE, folder, barcode=True) as camera:
        yield camera


@pytest.fixture
def face(folder: Path) -> Iterator[SimulatedCamera]:
    with SimulatedCamera(FACE, folder) as camera:
        yield camera


@asynccontextmanager
async def running(role: CameraRole, capture: bool = True) -> AsyncIterator[tuple[Camera, StatusLog]]:
    log = StatusLog()
    camera = Camera(role, log, FrameSlot())
    if capture:
        camera.start()
    task = asyncio.create_task(camera.run())
    try:
        yield camera, log
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def next_frame(camera: Camera, after: int = -1) -> VideoFrame:
    return await asyncio.wait_for(camera.slot.next(after), 15)


def distance(frame: VideoFrame, picture: str) -> float:
    """Mean difference in grey levels to the nearest picture of the loop, below the barcode."""
    seen = to_bgra(frame)[pictures.BARCODE_HEIGHT :, :, :3].astype(int)
    drawn = (
        pictures.PICTURES[picture](index)[pictures.BARCODE_HEIGHT :] for index in range(pictures.LOOP_FRAMES)
    )
    return min(float(np.abs(seen - image).mean()) for image in drawn)


async def test_otoscope_is_found_by_usb_id_and_shows_what_it_sees(
    face: SimulatedCamera, otoscope: SimulatedCamera
) -> None:
    async with running(otoscope_role(OTOSCOPE_DEVICE)) as (camera, log):
        frame = await next_frame(camera)
        status = await log.until(InstrumentState.MEASURING)
    assert (frame.width, frame.height, frame.i420.shape) == (640, 480, (720, 640))
    assert distance(frame, "ear_canal") < 3 < distance(frame, "portrait")
    assert status.identity is not None
    assert status.identity.address == "usb:0c45:6340:OTO-0001"
    assert status.identity.serial == "OTO-0001"
    assert face.sent == 0


async def test_frames_are_fresh_and_in_order(otoscope: SimulatedCamera) -> None:
    async with running(otoscope_role(OTOSCOPE_DEVICE)) as (camera, _):
        first = await next_frame(camera)
        second = await next_frame(camera, after=first.sequence + 20)
    stamps = [pictures.read_barcode(frame.i420) for frame in (first, second)]
    assert 0 < stamps[1] - stamps[0] < 60_000
    assert 0 <= (int(time.time() * 1000) - stamps[1]) % 2**32 < 60_000
    assert first.captured_s < second.captured_s


async def test_face_camera_is_the_one_that_is_no_otoscope(
    face: SimulatedCamera, otoscope: SimulatedCamera
) -> None:
    async with running(face_role(OTOSCOPE_DEVICE)) as (camera, log):
        frame = await next_frame(camera)
        status = await log.until(InstrumentState.MEASURING)
    assert distance(frame, "portrait") < 3 < distance(frame, "ear_canal")
    assert status.kind is Kind.CAMERA
    assert otoscope.sent == 0


async def test_face_camera_is_not_simply_the_first(otoscope: SimulatedCamera, folder: Path) -> None:
    with SimulatedCamera(replace(FACE, index=9), folder):
        async with running(face_role(OTOSCOPE_DEVICE), capture=False) as (_, log):
            status = await log.until(InstrumentState.READY)
    assert status.identity is not None and status.identity.serial == FACE.serial


async def test_face_camera_can_be_chosen_by_id(face: SimulatedCamera, otoscope: SimulatedCamera) -> None:
    async with running(face_role(OTOSCOPE_DEVICE, "usb:0c45:6340:OTO-0001"), capture=False) as (_, log):
        status = await log.until(InstrumentState.READY)
    assert status.identity is not None and status.identity.serial == "OTO-0001"


async def test_camera_is_opened_only_when_asked(otoscope: SimulatedCamera) -> None:
    async with running(otoscope_role(OTOSCOPE_DEVICE), capture=False) as (camera, log):
        await log.until(InstrumentState.READY)
        await asyncio.sleep(0.5)
        assert otoscope.sent == 0
        camera.start()
        await next_frame(camera)
        camera.stop()
        assert camera.slot.latest() is None
        await log.until(InstrumentState.READY)
        await asyncio.sleep(0.5)
        sent = otoscope.sent
        await asyncio.sleep(0.3)
        assert otoscope.sent == sent and camera.slot.latest() is None


async def test_stalled_camera_is_noticed_and_recovers(otoscope: SimulatedCamera) -> None:
    async with running(otoscope_role(OTOSCOPE_DEVICE)) as (camera, log):
        before = await next_frame(camera)
        otoscope.stall()
        await log.until(InstrumentState.FAULTY, Reason.CAMERA_STALLED)
        assert camera.slot.latest() is None, "a frozen picture must not pass for a live one"
        await until(lambda: otoscope.opened >= 2, lambda: "it was not opened again")
        otoscope.resume()
        await log.until(InstrumentState.MEASURING)
        assert (await next_frame(camera)).sequence > before.sequence


async def test_unplugged_camera_is_noticed_and_continues_under_another_name(
    otoscope: SimulatedCamera, folder: Path
) -> None:
    async with running(otoscope_role(OTOSCOPE_DEVICE)) as (camera, log):
        before = await next_frame(camera)
        otoscope.unplug()
        await log.until(InstrumentState.LOST, Reason.UNPLUGGED)
        assert camera.slot.latest() is None
        with SimulatedCamera(replace(OTOSCOPE, index=7), folder):
            await log.until(InstrumentState.MEASURING)
            assert (await next_frame(camera)).sequence > before.sequence


async def test_no_camera_is_absent(folder: Path) -> None:
    async with running(otoscope_role(OTOSCOPE_DEVICE)) as (_, log):
        await log.until(InstrumentState.ABSENT)


async def test_camera_that_cannot_be_opened_says_so_and_is_tried_again(otoscope: SimulatedCamera) -> None:
    otoscope.hang_up()
    async with running(otoscope_role(OTOSCOPE_DEVICE)) as (camera, log):
        await log.until(InstrumentState.FAULTY, Reason.PORT_BUSY)
        otoscope.answer()
        await log.until(InstrumentState.MEASURING)
        await until(lambda: camera.slot.latest() is not None)


async def test_camera_that_dies_without_leaving_the_bus_shows_no_frozen_picture(
    otoscope: SimulatedCamera,
) -> None:
    async with running(otoscope_role(OTOSCOPE_DEVICE)) as (camera, log):
        await next_frame(camera)
        otoscope.hang_up()
        await until(lambda: log.now is not None and log.now[0] is InstrumentState.FAULTY)
        assert camera.slot.latest() is None
        otoscope.answer()
        await log.until(InstrumentState.MEASURING)
