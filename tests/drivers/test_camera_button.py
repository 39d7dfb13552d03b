"""The button on a camera: true input_event bytes out of a pipe that stands where the kernel's node would."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from drivers.camera_button import CameraButton, find_buttons
from drivers.video_nodes import VideoNode
from tests.drivers.status_log import until

EAR = VideoNode("/dev/video2", "USB Camera", (0x1B3F, 0x2247), "", "", "1-3")
EV_SYN, EV_KEY, KEY_CAMERA, KEY_VOLUMEUP = 0, 1, 212, 115
DOWN, UP, AGAIN = 1, 0, 2


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@llHHi", 1_780_000_000, 250_000, kind, code, value)


def press(key: int = KEY_CAMERA) -> bytes:
    syn = event(EV_SYN, 0, 0)
    return event(EV_KEY, key, DOWN) + syn + event(EV_KEY, key, UP) + syn


class Keys:
    """An input device below a USB device, laid out as the kernel does; `write` is what it reports."""

    def __init__(self, root: Path, number: int, usb: str) -> None:
        self.node = root / "dev" / f"event{number}"
        device = root / "devices" / "usb1" / usb / f"{usb}:1.0" / "input" / f"input{number}"
        entry = root / "class" / f"event{number}"
        for folder in (device, entry, self.node.parent):
            folder.mkdir(parents=True, exist_ok=True)
        (entry / "device").symlink_to(device)
        os.mkfifo(self.node)
        self._end = os.open(self.node, os.O_RDWR)

    def write(self, data: bytes) -> None:
        os.write(self._end, data)

    def close(self) -> None:
        os.close(self._end)


@asynccontextmanager
async def button(root: Path) -> AsyncIterator[list[int]]:
    presses: list[int] = []
    find = partial(find_buttons, sysfs=root / "class", dev=root / "dev")
    watching = CameraButton(lambda: EAR, lambda: presses.append(1), find)
    running = asyncio.create_task(watching.run())
    try:
        await until(lambda: bool(watching._open))
        yield presses
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_press_is_told_once(tmp_path: Path) -> None:
    keys, keyboard = Keys(tmp_path, 7, "1-3"), Keys(tmp_path, 3, "1-4")
    async with button(tmp_path) as presses:
        keyboard.write(press())  # another device's key is nobody's business here
        keys.write(press(KEY_VOLUMEUP) + event(EV_KEY, KEY_CAMERA, AGAIN))
        keys.write(press())
        await until(lambda: bool(presses))
        await asyncio.sleep(0.1)
        assert presses == [1]
        keys.write(press())
        await until(lambda: presses == [1, 1])
    for each in (keys, keyboard):
        each.close()


async def test_a_flood_is_read_in_pieces_and_ends(tmp_path: Path) -> None:
    keys = Keys(tmp_path, 7, "1-3")
    async with button(tmp_path) as presses:
        for _ in range(16):
            keys.write(press() * 10)
        await until(lambda: bool(presses))
        await asyncio.sleep(0.2)
        assert 1 <= len(presses) <= 40
    keys.close()


async def test_what_is_not_an_event_presses_nothing(tmp_path: Path) -> None:
    keys = Keys(tmp_path, 7, "1-3")
    async with button(tmp_path) as presses:
        keys.write(press()[:17])
        await asyncio.sleep(0.2)
        assert presses == []
    keys.close()


def test_only_nodes_of_the_same_usb_device_are_read(tmp_path: Path) -> None:
    for number, usb in ((1, "1-3"), (2, "1-31"), (3, "1-3.1"), (4, "1-3")):
        Keys(tmp_path, number, usb).close()
    found = find_buttons(EAR, tmp_path / "class", tmp_path / "dev")
    assert [node.name for node in found] == ["event1", "event4"]
    assert find_buttons(VideoNode("/dev/video0", "Integrated"), tmp_path / "class", tmp_path / "dev") == []


@pytest.mark.parametrize("what", ["folder", "nothing"])
async def test_a_button_that_cannot_be_read_is_no_fault(tmp_path: Path, what: str) -> None:
    keys = Keys(tmp_path, 7, "1-3")
    keys.close()
    keys.node.unlink()
    if what == "folder":
        keys.node.symlink_to(keys.node)  # a loop: it cannot be opened
    find = partial(find_buttons, sysfs=tmp_path / "class", dev=tmp_path / "dev")
    running = asyncio.create_task(CameraButton(lambda: EAR, lambda: None, find).run())
    await asyncio.sleep(0.2)
    assert not running.done()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
