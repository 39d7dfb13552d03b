"""Camera checks: V4L2 as the kernel's own virtual camera gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from devices.reading import Kind
from drivers.camera import Camera, CameraRole
from drivers.frames import FrameSlot
from drivers.instrument import InstrumentState, Reason
from tests.lab.room_inside import Inside, Skip, sh

PULLED = "a camera that is pulled"
_KEY = "lab_camera"
_DRIVER_LIMIT_S = 20.0
_DRIVER, _DEVICE = Path("/sys/bus/platform/drivers/vivid"), "vivid.0"
_MODULE = ("vivid", "n_devs=1", "node_types=0x1")
_MEASURING, _FAULTY, _LOST = InstrumentState.MEASURING, InstrumentState.FAULTY, InstrumentState.LOST


@cache
def prepare(_inside: Inside) -> None:
    sh("modprobe", *_MODULE)


@asynccontextmanager
async def _camera(inside: Inside) -> AsyncIterator[FrameSlot]:
    role = CameraRole(_KEY, Kind.CAMERA, "Camera", lambda nodes: nodes[0] if nodes else None)
    slot = FrameSlot()
    camera = Camera(role, inside.listener, slot)
    running = asyncio.create_task(camera.run())
    camera.start()
    try:
        yield slot
    finally:
        running.cancel()
        await asyncio.wait({running})


async def stalled(inside: Inside) -> str:
    async with _camera(inside) as slot:
        await inside.until_state(_KEY, _MEASURING)
        drop_pictures(100)
        await inside.until_state(_KEY, _FAULTY, reason=Reason.CAMERA_STALLED)
        assert slot.latest() is None, "the last picture is still shown as if it were live"
        drop_pictures(0)
        await inside.until_state(_KEY, _MEASURING)
    return "no picture stays, and pictures come again"


async def disconnected(inside: Inside) -> str:
    async with _camera(inside) as slot:
        await inside.until_state(_KEY, _MEASURING)
        await tell_driver("unbind")
        await inside.until_state(_KEY, _LOST, reason=Reason.UNPLUGGED)
        assert slot.latest() is None, "the last picture is still shown as if it were live"
        await tell_driver("bind")
        await inside.until_state(_KEY, _MEASURING)
    return "lost, and found when it was back"


def drop_pictures(percent: int) -> None:
    sh("v4l2-ctl", "-d", "/dev/video0", "-c", f"percentage_of_dropped_buffers={percent}")


async def tell_driver(what: str) -> None:
    """In a process of its own: the kernel may never come back from it."""
    order = await asyncio.create_subprocess_exec("sh", "-c", f"echo {_DEVICE} > {_DRIVER / what}")
    try:
        async with asyncio.timeout(_DRIVER_LIMIT_S):
            await order.wait()
    except TimeoutError:
        raise Skip(f"vivid does not come back from {what} while its camera is open") from None


CHECKS = {PULLED: disconnected, "a camera that stalls": stalled}
