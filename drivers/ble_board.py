"""A stethoscope board that notifies by Bluetooth: the scanner of `BleLinks` finds it, recording connects."""

import asyncio
import logging
from collections.abc import Callable

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from drivers.ble_errors import reason_of
from drivers.board import Board, Deliver, Pipe
from drivers.instrument import DriverError, Reason
from drivers.port import READ_TIMEOUT_S
from drivers.tasks import bounded

_log = logging.getLogger(__name__)

_CONNECT_LIMIT_S, _GATT_LIMIT_S = 12.0, 5.0
_LOOK_EVERY_S, _NEAR_S = 1.0, 30.0
_REST_S = 1.0  # BlueZ reports the end of a connection as if it were an advertisement
_MOST_BYTES = 1 << 16  # nobody who waits for a stethoscope is so late
_FAILURES = (BleakError, OSError, EOFError)


class BleBoard(Board):
    """`address`: "ble:" and that of the unit. It is there for half a minute after it was heard of."""

    gone = Reason.TIMEOUT
    _peripheral: BLEDevice | None = None
    _heard_s = _rests_until_s = 0.0

    def advertised(self, peripheral: BLEDevice) -> None:
        if _now_s() < self._rests_until_s:
            return
        self._peripheral = peripheral
        self._heard()
        self._show(True)

    def bluetooth(self, reason: Reason) -> None:
        """What is wrong with Bluetooth itself, or NONE again."""
        is_up = reason is Reason.NONE
        self._show(is_up and bool(self.sources), reason)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self.sources and _now_s() - self._heard_s > _NEAR_S:
                self._show(False)

    async def record(self, deliver: Deliver) -> None:
        try:
            await super().record(deliver)
        except DriverError as error:
            if error.reason is self.gone:
                self._rests_until_s = _now_s() + _REST_S
                self._show(False)  # until it advertises again
            raise

    def _heard(self) -> None:
        self._heard_s = _now_s()

    def _pipe(self) -> Pipe:
        if self._peripheral is None:
            raise DriverError(self.gone)
        return _Notified(self._peripheral, self._pcm.characteristic, self._heard)


class _Notified:
    """A connection whose values are one stream of bytes; `heard` is called for each. Nothing is written."""

    def __init__(self, peripheral: BLEDevice, characteristic: str, heard: Callable[[], None]) -> None:
        self._characteristic = characteristic
        self._heard = heard
        self._client = BleakClient(peripheral, self._hung_up, timeout=_CONNECT_LIMIT_S)
        self._waiting = bytearray()
        self._news = asyncio.Event()
        self._is_over = False

    async def open(self) -> None:
        try:
            await bounded(self._client.connect(), _CONNECT_LIMIT_S + 1)
            found = self._client.services.get_characteristic(self._characteristic)
            if found is None:
                raise DriverError(Reason.NO_DATA, f"it has no {self._characteristic}")
            await bounded(self._client.start_notify(found, self._came), _GATT_LIMIT_S)
        except _FAILURES as error:
            raise DriverError(reason_of(error), str(error)) from error

    async def read(self) -> bytes:
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                await self._news.wait()
        except TimeoutError:
            return b""
        if self._is_over:
            raise DriverError(Reason.TIMEOUT, "it hung up")
        data = bytes(self._waiting)
        self._waiting.clear()
        self._news.clear()
        return data

    async def close(self) -> None:
        try:
            await bounded(self._client.disconnect(), _GATT_LIMIT_S)
        except (*_FAILURES, DriverError) as error:
            _log.info("the stethoscope, while disconnecting: %s", error)

    def _came(self, _characteristic: BleakGATTCharacteristic, value: bytearray) -> None:
        self._heard()
        if len(self._waiting) < _MOST_BYTES:
            self._waiting += value
        self._news.set()

    def _hung_up(self, _client: BleakClient) -> None:
        self._is_over = True
        self._news.set()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
