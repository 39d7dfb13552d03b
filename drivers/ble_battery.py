"""The battery of a peripheral, looked at beside everything else: a measurement never waits or fails for it.

Source: Battery Service 1.1 (180F).
"""

import logging
from collections.abc import Callable

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError

from devices import battery, gatt
from devices.event import Battery
from drivers.instrument import DriverError
from drivers.tasks import bounded

_log = logging.getLogger(__name__)

_LIMIT_S = 5.0


async def watch_battery(client: BleakClient, id_: str, told: Callable[[Battery], None]) -> None:
    """Read it once, and listen where it is notified; who has no such service is asked nothing."""
    found = _level(client)
    if found is None:
        return

    def tell(_found: BleakGATTCharacteristic, value: bytearray) -> None:
        if (seen := battery.of_level(bytes(value))) is not None:
            told(seen)

    try:
        if "read" in found.properties:
            tell(found, await bounded(client.read_gatt_char(found), _LIMIT_S))
        if "notify" in found.properties:
            await bounded(client.start_notify(found, tell), _LIMIT_S)
    except (BleakError, DriverError, OSError, EOFError) as error:
        _log.info("%s: its battery cannot be read: %s", id_, error)


def _level(client: BleakClient) -> BleakGATTCharacteristic | None:
    """The first one: what has several batteries has several services."""
    level = gatt.uuid(battery.LEVEL)
    return next((each for each in client.services.characteristics.values() if each.uuid == level), None)
