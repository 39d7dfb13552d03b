"""What is plugged in is looked for anew after each change, and not while there is none."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import looks
from drivers.looks import Looks
from drivers.serial_port import list_serial
from drivers.video_nodes import find_cameras
from tests.fakes import usb_bus

_SETTLED_S = 0.05  # longer than the file system's clock takes for a step


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a port that is there."""
    usb_bus.require_private_namespace()
    monkeypatch.setattr(looks, "_SETTLED_S", _SETTLED_S)
    master, slave = os.openpty()
    usb_bus.plug("ttyUSB7", os.ttyname(slave))
    yield "ttyUSB7"
    if Path("/dev/ttyUSB7").exists():
        usb_bus.unplug("ttyUSB7")
    os.close(master)
    os.close(slave)


def test_nothing_is_looked_for_twice(plugged: str) -> None:
    looked: list[int] = []

    def look() -> list[int]:
        looked.append(1)
        return looked

    again: Looks[list[int]] = Looks()
    again.found(look)
    time.sleep(2 * _SETTLED_S)
    for _ in range(5):
        again.found(look)
    assert len(looked) == 2
    usb_bus.unplug(plugged)
    again.found(look)
    assert len(looked) == 3


def test_every_change_is_seen(plugged: str) -> None:
    ports, cameras = Looks[int](), Looks[int]()

    def count_ports() -> int:
        return len(list_serial())

    def count_cameras() -> int:
        return len(find_cameras())

    def port_count() -> int:
        return ports.found(count_ports)

    def camera_count() -> int:
        return cameras.found(count_cameras)

    before = camera_count()
    assert port_count() == 1
    time.sleep(2 * _SETTLED_S)
    assert (port_count(), camera_count()) == (1, before)
    usb_bus.plug_camera(7, "Otoscope", 0x1234, 0x5678, "A")
    assert camera_count() == before + 1
    usb_bus.unplug_camera(7)
    usb_bus.unplug(plugged)
    assert (port_count(), camera_count()) == (0, before)


def test_what_just_changed_is_looked_at_until_it_has_settled(
    plugged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node below /dev goes before the rest of it."""
    monkeypatch.setattr(looks, "_SETTLED_S", 60.0)
    looked: list[int] = []

    def look() -> list[int]:
        looked.append(1)
        return looked

    again: Looks[list[int]] = Looks()
    for _ in range(3):
        again.found(look)
    assert len(looked) == 3
