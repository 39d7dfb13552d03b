"""What a peripheral can do and what it kept, looked at beside everything else: no measurement waits for it.

Source: GATT Specification Supplement, Record Access Control Point. As in other procedures of Bluetooth, what
is not answered for 30 s is not answered any more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError

from devices.device import Features
from drivers.instrument import DriverError
from drivers.tasks import bounded

_log = logging.getLogger(__name__)

_LIMIT_S = 5.0
_ANSWER_LIMIT_S = 30.0
_FAILURES = (BleakError, DriverError, OSError, EOFError)

Told = Callable[[bytes, str], Awaitable[bool]]
Came = Callable[[BleakGATTCharacteristic, bytearray], None]


async def look_at_features(client: BleakClient, wanted: Features, told: Told, came: Came) -> None:
    """`told` of what is read, at once; `came` is told of the answer, in its order among all other values."""
    found = client.services.get_characteristic(wanted.characteristic)
    if found is None:
        return
    try:
        value = bytes(await bounded(client.read_gatt_char(found), _LIMIT_S))
    except _FAILURES as error:
        _log.info("%s: its features cannot be read: %s", client.address, error)
        return
    await told(value, found.uuid)
    if wanted.keeps(value) and not await _is_answered(client, wanted, came):
        await told(b"", wanted.control)


async def _is_answered(client: BleakClient, wanted: Features, came: Came) -> bool:
    answered = asyncio.Event()

    def heard(found: BleakGATTCharacteristic, value: bytearray) -> None:
        came(found, value)
        answered.set()

    control = client.services.get_characteristic(wanted.control)
    if control is None:
        return False
    try:
        await bounded(client.start_notify(control, heard), _LIMIT_S)
        await bounded(client.write_gatt_char(control, wanted.question, response=True), _LIMIT_S)
        return await bounded(answered.wait(), _ANSWER_LIMIT_S)
    except _FAILURES as error:
        _log.info("%s: what it kept is not handed out: %s", client.address, error)
        return False
