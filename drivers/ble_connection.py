"""One connection to one peripheral: who it is, what its clock says, what it measures, until it goes.

Sources: Device Information Service 1.1 (180A); GATT Specification Supplement, Date Time (2A08).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from devices.device import BleMatch, Decoder
from drivers.ble_errors import needs_pairing, reason_of
from drivers.feed import Feed
from drivers.instrument import DriverError, InstrumentState, Reason
from drivers.stamp import DeviceClock, local_now
from drivers.tasks import bounded

_log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 12.0
_GATT_LIMIT_S = 5.0
_PAIR_LIMIT_S = 30.0
_QUIET_AFTER_S = 5.0

_DATE_TIME = "00002a08-0000-1000-8000-00805f9b34fb"
_INFORMATION = {
    "manufacturer": "00002a29-0000-1000-8000-00805f9b34fb",
    "model": "00002a24-0000-1000-8000-00805f9b34fb",
    "serial": "00002a25-0000-1000-8000-00805f9b34fb",
    "firmware": "00002a26-0000-1000-8000-00805f9b34fb",
}
_Value = tuple[BleakGATTCharacteristic, bytes]
T = TypeVar("T")


class BleConnection:
    """Runs once: connect, read, subscribe, deliver, disconnect."""

    def __init__(self, peripheral: BLEDevice, match: BleMatch, feed: Feed, decoder: Decoder) -> None:
        self._match = match
        self._feed = feed
        self._decoder = decoder
        self._values: asyncio.Queue[_Value | None] = asyncio.Queue()
        self._client = BleakClient(peripheral, self._gone, timeout=_CONNECT_LIMIT_S)
        self._last: BleakGATTCharacteristic | None = None

    async def run(self) -> None:
        """Return when the peripheral has hung up. DriverError when an operation fails or takes too long."""
        self._feed.stamp.reconnected()
        try:
            await self._limited(self._client.connect(), _CONNECT_LIMIT_S + 1)
            await self._identify()
            self._feed.stamp.device_clock = await self._set_clock()
            await self._subscribe()
            for command in self._start():
                await self._required(self._match.write, partial(self._put, command))
            self._feed.tracker.move(InstrumentState.READY)
            async with self._kept_alive():
                await self._deliver_until_gone()
        finally:
            await self._disconnect()

    @property
    def completed(self) -> bool | None:
        """Results are indicated and live values are notified: True when the last value was a result.

        None when nothing came at all.
        """
        return None if self._last is None else "indicate" in self._last.properties

    def _gone(self, _client: BleakClient) -> None:
        self._values.put_nowait(None)

    async def _identify(self) -> None:
        texts = {name: await self._text(uuid) for name, uuid in _INFORMATION.items()}
        said = {name: text for name, text in texts.items() if text}
        self._feed.identify(replace(self._feed.stamp.identity, **said))

    async def _text(self, uuid: str) -> str:
        value = await self._optional(uuid)
        return value.rstrip(b"\0").decode("utf-8", "replace").strip()

    async def _set_clock(self) -> DeviceClock | None:
        """Note what the device's clock says, then set it right if it lets us."""
        device_now = parse_date_time(await self._optional(_DATE_TIME))
        kiosk_now = local_now()
        set_at = await self._write_clock()
        return DeviceClock(device_now, kiosk_now, set_at) if device_now else None

    async def _write_clock(self) -> datetime | None:
        clock = self._client.services.get_characteristic(_DATE_TIME)
        if clock is None or "write" not in clock.properties:
            return None
        now = local_now()
        try:
            await self._authorised(lambda: self._client.write_gatt_char(clock, date_time(now), response=True))
        except BleakError as error:
            _log.info("%s: the clock cannot be set: %s", self._feed.tracker.status.id, error)
            return None
        return now

    async def _optional(self, uuid: str) -> bytes:
        """A readable characteristic's value; empty when the peripheral has none or refuses."""
        found = self._client.services.get_characteristic(uuid)
        if found is None or "read" not in found.properties:
            return b""
        try:
            return bytes(await self._authorised(lambda: self._client.read_gatt_char(found)))
        except BleakError as error:
            _log.info("%s: %s cannot be read: %s", self._feed.tracker.status.id, uuid, error)
            return b""

    async def _subscribe(self) -> None:
        found = [self._client.services.get_characteristic(uuid) for uuid in self._match.subscribe]
        offered = [characteristic for characteristic in found if characteristic is not None]
        if not offered:  # a profile leaves some of them out, but never all
            raise DriverError(Reason.NO_DATA, "none of its characteristics is there")
        for characteristic in offered:
            listen = partial(self._client.start_notify, characteristic, self._came)
            await self._required(characteristic.uuid, listen)

    async def _required(self, uuid: str, operation: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Raises DriverError."""
        try:
            await self._authorised(operation)
        except BleakError as error:
            raise DriverError(reason_of(error), f"{uuid}: {error}") from error

    def _start(self) -> tuple[bytes, ...]:
        if not self._match.write_optional or self._client.services.get_characteristic(self._match.write):
            return self._match.start
        return ()

    async def _put(self, command: bytes) -> None:
        found = self._client.services.get_characteristic(self._match.write)
        if found is None:
            raise DriverError(Reason.NO_DATA, f"no characteristic {self._match.write}")
        response = "write-without-response" not in found.properties
        await self._client.write_gatt_char(found, command, response=response)

    @asynccontextmanager
    async def _kept_alive(self) -> AsyncIterator[None]:
        beating = asyncio.create_task(self._beat()) if self._match.keep_alive else None
        try:
            yield
        finally:
            if beating is not None:
                beating.cancel()
                await asyncio.wait({beating})

    async def _beat(self) -> None:
        """When one fails, the connection is over: whoever is still there advertises, and is asked again."""
        try:
            while True:
                await asyncio.sleep(self._match.keep_alive_s)
                await bounded(self._put(self._match.keep_alive), _GATT_LIMIT_S)
        except (BleakError, DriverError, OSError, EOFError) as error:
            _log.info("%s: not kept alive: %s", self._feed.tracker.status.id, error)
            self._values.put_nowait(None)

    async def _came(self, characteristic: BleakGATTCharacteristic, value: bytearray) -> None:
        self._values.put_nowait((characteristic, bytes(value)))

    async def _deliver_until_gone(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_QUIET_AFTER_S):
                    value = await self._values.get()
            except TimeoutError:
                self._feed.tracker.quiet()
                continue
            if value is None:
                return
            self._last = value[0]
            await self._feed.take(self._decoder, value[1], value[0].uuid)

    async def _authorised(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it; when the peripheral wants a bond first, pair and do it once more."""
        try:
            return await bounded(operation(), _GATT_LIMIT_S)
        except BleakError as error:
            if not needs_pairing(error):
                raise
        self._feed.tracker.move(InstrumentState.PAIRING)
        try:
            await bounded(self._client.pair(), _PAIR_LIMIT_S)
            return await bounded(operation(), _GATT_LIMIT_S)
        except BleakError as error:
            raise DriverError(Reason.PAIRING_REFUSED, str(error)) from error

    async def _limited(self, operation: Coroutine[Any, Any, T], limit_s: float) -> T:
        try:
            return await bounded(operation, limit_s)
        except (BleakError, OSError, EOFError) as error:
            raise DriverError(reason_of(error), str(error)) from error

    async def _disconnect(self) -> None:
        try:
            await self._limited(self._client.disconnect(), _GATT_LIMIT_S)
        except DriverError as error:
            _log.info("%s: while disconnecting: %s", self._feed.tracker.status.id, error)


def parse_date_time(value: bytes) -> datetime | None:
    """A Date Time (2A08) value; None when the clock is not set, or the field is no date."""
    if len(value) < 7:
        return None
    try:
        return datetime(int.from_bytes(value[:2], "little"), *value[2:7])
    except ValueError:
        return None


def date_time(when: datetime) -> bytes:
    """A Date Time (2A08) value of seven bytes, as wall clock."""
    return when.year.to_bytes(2, "little") + bytes(
        (when.month, when.day, when.hour, when.minute, when.second)
    )
