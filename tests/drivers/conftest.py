"""What the tests of the drivers share."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.drivers.ble_room import Room
from tests.drivers.listener import Listener
from tests.fakes.bluez import FakeBluez
from tests.fakes.private_bus import private_bus
from tests.fakes.radio import Radio


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    """Empty, with Bluetooth on."""
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(private_bus())
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus)
        radio = Radio()
        bluez = FakeBluez(radio)
        await bluez.start(bus)
        stack.push_async_callback(bluez.die)
        yield Room(radio, bluez, stack, Listener())
