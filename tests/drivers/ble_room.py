"""A kiosk's surroundings for the Bluetooth drivers: one bluetoothd, and what a test switches on."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from devices import catalog
from devices.device import BleMatch
from drivers.ble import BleLinks
from tests.drivers.listener import Listener
from tests.fakes.ble_peripheral import Peripheral
from tests.fakes.bluez import FakeBluez
from tests.fakes.polling import until
from tests.fakes.radio import Radio

DEVICES = tuple(device for device in catalog.devices() if isinstance(device.match, BleMatch))


@dataclass(frozen=True, slots=True)
class Room:
    """All catalogued devices are looked for in it."""

    radio: Radio
    bluez: FakeBluez
    stack: AsyncExitStack
    listener: Listener

    async def switch_on(self, instrument: Peripheral) -> str:
        """The id under which it is known."""
        await instrument.power_on()
        self.stack.push_async_callback(instrument.close)
        return f"ble:{instrument.address}"

    async def heard(self, address: str, service_data: bytes) -> None:
        """Until bluetoothd has heard this advertised."""
        await until(lambda: self.bluez.advertised_by(address) == service_data)

    def links(self) -> BleLinks:
        return BleLinks(DEVICES, self.listener)
