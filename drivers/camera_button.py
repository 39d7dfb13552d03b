"""The button of a UVC camera, where the kernel offers it as an input device: the key KEY_CAMERA of evdev.

Source: Linux `include/uapi/linux/input.h` (struct input_event) and `input-event-codes.h`; the input device of
uvcvideo hangs below the camera's own USB interface.
"""

import asyncio
import os
import struct
from collections.abc import Callable
from pathlib import Path

from drivers.video_nodes import VideoNode

SYSFS_INPUT, DEV_INPUT = Path("/sys/class/input"), Path("/dev/input")
LOOK_S = 0.5
_EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value
_READ_BYTES = 64 * _EVENT.size
_MOST_NODES = 4  # a camera with a microphone has keys for its volume, too
_PRESSED = (1, 212, 1)  # EV_KEY, KEY_CAMERA, down; 2 would be its repetition


def find_buttons(camera: VideoNode, sysfs: Path = SYSFS_INPUT, dev: Path = DEV_INPUT) -> list[Path]:
    """The input nodes of the same USB device, at most four; none for a camera that is not USB."""
    if not camera.path:
        return []
    entries = sorted(sysfs.glob("event*"))
    ours = [e for e in entries if camera.path in {up.name for up in (e / "device").resolve().parents}]
    return [dev / entry.name for entry in ours[:_MOST_NODES]]


class CameraButton:
    """`run` for as long as the kiosk lives; `pressed` is called on the loop, once for all that came together.

    A camera without a button, or with one that we may not read, is no fault: nothing happens.
    """

    def __init__(
        self,
        camera: Callable[[], VideoNode | None],
        pressed: Callable[[], None],
        find: Callable[[VideoNode], list[Path]] = find_buttons,
    ) -> None:
        self._camera, self._pressed, self._find = camera, pressed, find
        self._open: dict[Path, int] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                camera = self._camera()
                self._follow(await asyncio.to_thread(self._find, camera) if camera else [])
                await asyncio.sleep(LOOK_S)
        finally:
            self._follow([])

    def _follow(self, nodes: list[Path]) -> None:
        for node in [node for node in self._open if node not in nodes]:
            self._close(node)
        for node in nodes:
            if node not in self._open:
                self._listen(node)

    def _listen(self, node: Path) -> None:
        try:
            handle = os.open(node, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return  # not ours to read, or gone already
        self._open[node] = handle
        asyncio.get_running_loop().add_reader(handle, self._read, node, handle)

    def _read(self, node: Path, handle: int) -> None:
        try:
            data = os.read(handle, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(node)  # unplugged
        whole = data[: len(data) // _EVENT.size * _EVENT.size]
        if any(event[2:] == _PRESSED for event in _EVENT.iter_unpack(whole)):
            self._pressed()

    def _close(self, node: Path) -> None:
        handle = self._open.pop(node)
        asyncio.get_running_loop().remove_reader(handle)
        os.close(handle)
