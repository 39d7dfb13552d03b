"""An otoscope that is no UVC camera: the driver against the kernel's own usbfs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import numpy as np

from devices.catalog import by_key
from drivers.camera import Camera, otoscope_role
from drivers.frames import FrameSlot, VideoFrame, to_bgra
from drivers.instrument import InstrumentState, Reason
from drivers.usbfs import UsbDevice
from drivers.video_nodes import VideoNode
from tests.fakes.useeplus import ACCESSORY_ENDPOINT, COMMAND_ENDPOINT, HELLO, START
from tests.lab import gadgetfs
from tests.lab.gadget import SOCKETS
from tests.lab.room_inside import Inside, sh
from tests.lab.supercamera import IDS, SERIAL_NUMBER, Supercamera

_KEY = "uvc_otoscope"  # one otoscope on the screen, whichever it is
_ADDRESS = f"usb:{IDS[0]:04x}:{IDS[1]:04x}:{SERIAL_NUMBER}"
_MEASURING, _FAULTY, _LOST = InstrumentState.MEASURING, InstrumentState.FAULTY, InstrumentState.LOST
_ROLE = otoscope_role(by_key()[_KEY], declared=(by_key()["useeplus_otoscope"],))
SCOPE = Supercamera()


@cache
def prepare(_inside: Inside) -> None:
    sh("modprobe", "dummy_hcd", SOCKETS)
    gadgetfs.prepare()


class _Watched:
    def __init__(self, inside: Inside) -> None:
        self.presses = 0
        self.slot = FrameSlot()
        self.camera = Camera(_ROLE, inside.listener, self.slot, self._press)

    def _press(self) -> None:
        self.presses += 1


@asynccontextmanager
async def _camera(inside: Inside) -> AsyncIterator[_Watched]:
    watched = _Watched(inside)
    running = asyncio.create_task(watched.camera.run())
    watched.camera.start()
    try:
        await inside.until_state(_KEY, InstrumentState.ABSENT)
        await asyncio.to_thread(SCOPE.plug)
        yield watched
    finally:
        running.cancel()
        await asyncio.wait({running})
        await asyncio.to_thread(SCOPE.unplug)


def _distance(frame: VideoFrame) -> float:
    """Mean difference in grey levels to the nearest of what it sees."""
    shown = to_bgra(frame)[:, :, :3].astype(np.int16)
    return min(float(np.abs(shown - image).mean()) for image in SCOPE.seen)


def _node() -> VideoNode:
    node = _ROLE.choose(_ROLE.present())
    assert node is not None, "it is not there"
    return node


async def shown(inside: Inside) -> str:
    async with _camera(inside) as watched:
        await inside.until_state(_KEY, _MEASURING)
        frame = await watched.slot.next()
        distance = _distance(frame)
        assert distance < 3, f"{distance} grey levels from what it sees"
        identity = inside.listener.statuses[-1].identity
        assert identity is not None and identity.address == _ADDRESS, identity
        written = set(SCOPE.ears.written)  # a slow machine may have started it twice
        assert written == {(ACCESSORY_ENDPOINT, HELLO), (COMMAND_ENDPOINT, START)}, written
        SCOPE.pressed = True
        await inside.until(lambda: watched.presses == 1, "no press")
        SCOPE.pressed = False
    return f"{frame.width} x {frame.height}, its button, and nothing sent but the start"


async def stalled(inside: Inside) -> str:
    async with _camera(inside) as watched:
        await inside.until_state(_KEY, _MEASURING)
        SCOPE.stalled = True
        await inside.until_state(_KEY, _FAULTY, reason=Reason.CAMERA_STALLED)
        assert watched.slot.latest() is None, "the last picture is still shown as if it were live"
        SCOPE.stalled = False
        await inside.until_state(_KEY, _MEASURING)
    return "no picture stays, and pictures come again"


async def pulled(inside: Inside) -> str:
    async with _camera(inside) as watched:
        await inside.until_state(_KEY, _MEASURING)
        old = _node()
        await asyncio.to_thread(SCOPE.unplug)
        await inside.until_state(_KEY, _LOST, reason=Reason.UNPLUGGED)
        assert watched.slot.latest() is None, "the last picture is still shown as if it were live"
        await asyncio.to_thread(SCOPE.plug)
        await inside.until_state(_KEY, _MEASURING)
        new = _node()
        assert new.node != old.node and new.stable_id == old.stable_id
    return f"{old.node}, then {new.node}: the same otoscope"


async def taken(inside: Inside) -> str:
    async with _camera(inside) as watched:
        await inside.until_state(_KEY, _MEASURING)
        watched.camera.stop()
        await inside.until_state(_KEY, InstrumentState.READY)
        other = await asyncio.to_thread(_claim)
        watched.camera.start()
        await inside.until_state(_KEY, _FAULTY, reason=Reason.PORT_BUSY)
        other.close()
        await inside.until_state(_KEY, _MEASURING)
    return "it is said who has it, and taken when it is free"


def _claim() -> UsbDevice:
    """As another program would, once the kiosk has let go."""
    other = UsbDevice(str(_node().node))
    other.claim(0, 0)
    return other


CHECKS = {
    "a supercamera over usbfs": shown, "a supercamera that stalls": stalled,
    "a supercamera that is pulled": pulled, "a supercamera that another program has": taken,
}  # fmt: skip
