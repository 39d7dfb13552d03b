"""An otoscope that is no UVC camera, over usbfs. Needs tests/fakes/private.sh, and the shim in LD_PRELOAD."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from devices.catalog.useeplus_otoscope import DEVICE
from devices.catalog.uvc_otoscope import DEVICE as UVC_DEVICE
from drivers.bulk_camera import PRESS_S, SOONEST_S
from drivers.camera import Camera, CameraRole, face_role, otoscope_role
from drivers.frames import FrameSlot, Image, VideoFrame, sharpest, to_bgra
from drivers.instrument import InstrumentState, Reason
from drivers.usbfs import UsbDevice
from tests.drivers.status_log import PATIENCE_S, StatusLog, until
from tests.fakes import pictures, usb_bus
from tests.fakes.cameras import FACE, SimulatedCamera
from tests.fakes.supercamera import IDS, SimulatedSupercamera
from tests.fakes.useeplus import HELLO, PICTURE_ENDPOINT, START, packet

ROLE = otoscope_role(UVC_DEVICE, declared=(DEVICE,))
SPARSE = 4  # every fourth pixel will do
OTHER_IDS = usb_bus.UsbIds(0x0329, 0x2022, "B-1", "supercamera", "Geek szitman")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    usb_bus.require_private_namespace()
    if "usbfs_shim" not in os.environ.get("LD_PRELOAD", ""):
        pytest.fail("LD_PRELOAD must name the library that tests/fakes/build_shim.py builds")
    monkeypatch.setenv("TELECABINE_USBFS_DIR", str(tmp_path))
    monkeypatch.setenv("TELECABINE_V4L2_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def scope(folder: Path) -> Iterator[SimulatedSupercamera]:
    with SimulatedSupercamera(folder) as camera:
        yield camera


class Watched:
    """A role that runs; `presses`: how often its button was heard of."""

    def __init__(self, role: CameraRole, recall_s: float) -> None:
        self.log = StatusLog()
        self.presses = 0
        self.camera = Camera(role, self.log, FrameSlot(recall_s), self._press)

    def _press(self) -> None:
        self.presses += 1

    async def frame(self, after: int = -1) -> VideoFrame:
        """The first whose sequence is above that."""
        async with asyncio.timeout(PATIENCE_S):
            frame = await self.camera.slot.next(after)
            while frame.sequence <= after:
                frame = await self.camera.slot.next(frame.sequence)
        return frame


@asynccontextmanager
async def running(role: CameraRole = ROLE, recall_s: float = 0.0) -> AsyncIterator[Watched]:
    watched = Watched(role, recall_s)
    watched.camera.start()
    task = asyncio.create_task(watched.camera.run())
    try:
        yield watched
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@cache
def drawn() -> list[Image]:
    return [pictures.ear_canal(index)[::SPARSE, ::SPARSE] for index in range(pictures.LOOP_FRAMES)]


def distance(frame: VideoFrame) -> float:
    """Mean difference in grey levels to the nearest picture of the loop."""
    seen = to_bgra(frame)[::SPARSE, ::SPARSE, :3].astype(np.int16)
    return min(float(np.abs(seen - image).mean()) for image in drawn())


@pytest.mark.parametrize(("ids", "padded"), [(IDS, False), (OTHER_IDS, True)])
async def test_it_is_found_by_its_id_told_to_start_and_shows_what_it_sees(
    folder: Path, ids: usb_bus.UsbIds, padded: bool
) -> None:
    with SimulatedSupercamera(folder, ids, padded=padded) as scope:
        async with running() as watched:
            frame = await watched.frame()
            frame = await watched.frame(after=frame.sequence + 5)
            status = await watched.log.until(InstrumentState.MEASURING)
        assert (frame.width, frame.height, frame.i420.shape) == (640, 480, (720, 640))
        assert distance(frame) < 3
        assert (scope.ears.cleared, scope.ears.written) == ([1], [(2, HELLO), (1, START)])
    assert status.identity is not None
    assert status.identity.device == "useeplus_otoscope"
    assert status.identity.address == f"usb:{ids.vid:04x}:{ids.pid:04x}:{ids.serial}"
    assert status.id == "uvc_otoscope", "one otoscope on the screen, whichever it is"


async def test_it_is_an_otoscope_and_no_face_camera_unless_the_site_says_so(
    scope: SimulatedSupercamera, folder: Path
) -> None:
    (node,) = ROLE.present()
    assert ROLE.choose([node]) is node
    assert face_role(UVC_DEVICE, declared=(DEVICE,)).choose([node]) is None
    assert face_role(UVC_DEVICE, "usb:2ce3:3828", declared=(DEVICE,)).choose([node]) is node
    with SimulatedCamera(FACE, folder):
        assert [each.names for each in ROLE.present()] == [(FACE.name,), ("supercamera",)]


async def test_it_is_opened_only_when_asked_and_let_go(scope: SimulatedSupercamera) -> None:
    async with running() as watched:
        watched.camera.stop()
        await watched.log.until(InstrumentState.READY)
        opened = scope.opened
        watched.camera.start()
        await watched.frame()
        watched.camera.stop()
        assert watched.camera.slot.latest() is None
        await asyncio.sleep(0.5)
        sent = scope.sent
        await asyncio.sleep(0.3)
        assert scope.opened == opened + 1 and scope.sent == sent


async def test_its_button_is_heard_once_a_press(scope: SimulatedSupercamera) -> None:
    async with running() as watched:
        frame = await watched.frame()
        scope.pressed = True
        await until(lambda: watched.presses == 1)
        frame = await watched.frame(after=frame.sequence + 10)
        assert watched.presses == 1
        scope.pressed = False
        await watched.frame(after=frame.sequence + 10)
        scope.pressed = True
        await until(lambda: watched.presses == 2)


async def test_a_button_that_flickers_presses_a_few_times(scope: SimulatedSupercamera) -> None:
    def flicker(transfers: list[bytes]) -> list[bytes]:
        return [each[:7] + bytes((2 * (at % 2),)) + each[8:] for at, each in enumerate(transfers * 4)]

    scope.spoil = flicker
    async with running() as watched:
        began_s = time.monotonic()
        await until(lambda: scope.sent >= 16)
        assert 1 <= watched.presses <= 1 + (time.monotonic() - began_s) / PRESS_S


async def test_the_sharpest_of_the_last_half_second_is_at_hand(scope: SimulatedSupercamera) -> None:
    async with running(recall_s=0.5) as watched:
        frame = await watched.frame()
        await watched.frame(after=frame.sequence + 8)
        recent = watched.camera.slot.recent()
        assert len(recent) >= 2
        assert distance(sharpest(recent)) < 3


async def test_it_is_turned_and_mirrored_as_any_camera(scope: SimulatedSupercamera) -> None:
    async with running() as watched:
        before = await watched.frame()
        turned = watched.camera.orientation.quarter_turn().mirror()
        watched.camera.orient(turned)
        frame = await watched.frame(after=before.sequence + 2)
        assert (frame.width, frame.height, frame.orientation) == (480, 640, turned)


async def test_a_stall_is_noticed_and_it_is_started_again(scope: SimulatedSupercamera) -> None:
    async with running() as watched:
        before = await watched.frame()
        scope.stalled = True
        await watched.log.until(InstrumentState.FAULTY, Reason.CAMERA_STALLED)
        assert watched.camera.slot.latest() is None, "a frozen picture must not pass for a live one"
        await until(lambda: scope.opened >= 2)
        scope.stalled = False
        await watched.log.until(InstrumentState.MEASURING)
        assert (await watched.frame()).sequence > before.sequence


async def test_pulled_out_in_the_middle_of_a_picture_it_goes_on_at_another_address(
    scope: SimulatedSupercamera,
) -> None:
    async with running() as watched:
        before = await watched.frame()
        scope.spoil = lambda transfers: transfers[: len(transfers) // 2]
        sent = scope.sent
        await until(lambda: scope.sent > sent + 1)
        old = ROLE.present()[0].node
        scope.unplug()
        await watched.log.until(InstrumentState.LOST, Reason.UNPLUGGED)
        assert watched.camera.slot.latest() is None
        scope.spoil = lambda transfers: transfers
        scope.plug()
        assert ROLE.present()[0].node != old
        await watched.log.until(InstrumentState.MEASURING)
        frame = await watched.frame()
        assert frame.sequence > before.sequence and distance(frame) < 3


@pytest.mark.parametrize("junk", [b"\x00", b"\x00\x01" * 8, b"\xaa\xbb\x07\xff\xff" + bytes(40)])
async def test_what_lies_costs_only_itself(scope: SimulatedSupercamera, junk: bytes) -> None:
    """Every second picture has a hole where something else came: it is not shown, the others are."""

    def lie(transfers: list[bytes]) -> list[bytes]:
        if scope.sent % 2:
            return [*transfers[:3], junk, *transfers[3:]]
        return transfers

    scope.spoil = lie
    async with running() as watched:
        frame = await watched.frame()
        for _ in range(6):
            frame = await watched.frame(after=frame.sequence)
            assert distance(frame) < 3
        assert frame.sequence <= scope.sent // 2 + 1


async def test_a_flood_of_pictures_and_one_without_an_end_do_not_stop_it(scope: SimulatedSupercamera) -> None:
    tiny = pictures.encode_jpeg(pictures.ear_canal(0)[:16, :16])
    flood = [packet(77, bytes(900)), *(packet(number, tiny) for number in range(60))]
    scope.spoil = lambda transfers: [*flood, *transfers]
    async with running() as watched:
        began_s = time.monotonic()
        frame = await watched.frame(after=20)
        assert frame.captured_s - began_s >= (frame.sequence - 1) * SOONEST_S
        scope.spoil = lambda transfers: transfers
        while frame.width != 640:
            frame = await watched.frame(after=frame.sequence)
        assert distance(frame) < 3


def test_silence_is_no_end_and_a_pulled_cable_is(scope: SimulatedSupercamera) -> None:
    device = UsbDevice(str(ROLE.present()[0].node))
    assert device.read(PICTURE_ENDPOINT, 1024, 0.05) == b""
    scope.unplug()
    with pytest.raises(OSError, match="No such device"):
        device.read(PICTURE_ENDPOINT, 1024, 5.0)
    device.close()


async def test_a_transfer_longer_than_any_ends_it_and_it_is_started_again(
    scope: SimulatedSupercamera,
) -> None:
    async with running() as watched:
        await watched.frame()
        scope.spoil = lambda transfers: [bytes(2000), *transfers]
        await until(lambda: scope.opened >= 2)
        scope.spoil = lambda transfers: transfers
        opened = scope.opened
        await watched.log.until(InstrumentState.MEASURING)
        await until(lambda: watched.camera.slot.latest() is not None)
        assert scope.opened <= opened + 1


async def test_taken_by_another_program_it_says_so_and_is_tried_again(scope: SimulatedSupercamera) -> None:
    scope.busy = True
    async with running() as watched:
        await watched.log.until(InstrumentState.FAULTY, Reason.PORT_BUSY)
        scope.busy = False
        await watched.log.until(InstrumentState.MEASURING)


async def test_deaf_it_is_said_to_send_nothing(scope: SimulatedSupercamera) -> None:
    scope.deaf = True
    async with running() as watched:
        await watched.log.until(InstrumentState.FAULTY, Reason.NO_DATA)
        scope.deaf = False
        await watched.log.until(InstrumentState.MEASURING)


async def test_without_permission_it_says_so(folder: Path) -> None:
    usb_bus.plug_device(3, 9, IDS)
    usb_bus.forbid_device(9)
    try:
        async with running() as watched:
            await watched.log.until(InstrumentState.FAULTY, Reason.PERMISSION)
    finally:
        usb_bus.unplug_device(3, 9)
