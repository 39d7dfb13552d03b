"""Bluetooth oximeters with protocols of their own: BerryMed, Nonin, Viatom PC-60FW, Contec."""

import asyncio
from itertools import count

from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue

from devices.catalog import berry_bm1000, contec_ble, nonin_3230, viatom_pc60fw
from devices.crc import crc8_maxim
from devices.gatt import uuid
from tests.fakes.ble_peripheral import NOTIFY, UNREADABLE, WRITE, WRITEABLE, Peripheral, Subscription
from tests.fakes.radio import Radio

SPO2, PULSE_RATE = 97, 138
_BERRY_FRAMES_A_NOTIFICATION = 4


class StreamingOximeter(Peripheral):
    """Advertises whenever nobody is connected; a subclass says what each notification holds."""

    def __init__(
        self, radio: Radio, name: str, address: str, service: str, stream: str, period_s: float,
        *others: Characteristic[bytes], serial: str, needs_bond: bool = False, announces: bool = True,
    ) -> None:  # fmt: skip
        self._stream = Characteristic(stream, NOTIFY, UNREADABLE, b"")
        super().__init__(
            radio, name, address, service, [self._stream, *others],
            serial=serial, needs_bond=needs_bond, announces=announces,
        )  # fmt: skip
        self._subscription = Subscription(self._stream)
        self._period_s = period_s
        self.finger_in = True
        self.sent = 0

    async def power_on(self) -> None:
        await super().power_on()
        await self.advertise()

    async def until_sent(self, more: int) -> None:
        """So many more notifications."""
        enough = self.sent + more
        while self.sent < enough:  # noqa: ASYNC110
            await asyncio.sleep(self._period_s)

    def _notification(self) -> bytes:
        raise NotImplementedError

    async def _serve(self, connection: Connection) -> None:
        while True:
            await self._subscription.wait()
            await self._notify(connection, self._stream, self._notification())
            self.sent += 1
            await asyncio.sleep(self._period_s)

    async def _gone(self) -> None:
        self._subscription.reset()
        await self.advertise()


class BerryOximeter(StreamingOximeter):
    """A hundred frames a second, four to a notification; the pleth is a saw tooth."""

    def __init__(self, radio: Radio, address: str = "C0:0D:00:00:00:01") -> None:
        period_s = _BERRY_FRAMES_A_NOTIFICATION / berry_bm1000.FRAMES_HZ
        service, stream = berry_bm1000.SERVICE, berry_bm1000.STREAM
        super().__init__(radio, "BerryMed", address, service, stream, period_s, serial="BM-0001")
        self._number = count()

    def _notification(self) -> bytes:
        return b"".join(self._frame(next(self._number)) for _ in range(_BERRY_FRAMES_A_NOTIFICATION))

    def _frame(self, number: int) -> bytes:
        if not self.finger_in:
            return bytes.fromhex("8000507f7f")
        pleth = number % 100
        bar = 0x40 * (PULSE_RATE >> 7) | pleth // 10
        return bytes((0x84, pleth, bar, PULSE_RATE & 0x7F, SPO2))


class NoninOximeter(StreamingOximeter):
    """One frame a second, over an encrypted link; settled from the third on."""

    def __init__(self, radio: Radio, address: str = "C0:0E:00:00:00:01", needs_bond: bool = True) -> None:
        service, stream = nonin_3230.SERVICE, nonin_3230.MEASUREMENT
        super().__init__(
            radio, "Nonin3230", address, service, stream, 1.0, serial="NO-0001", needs_bond=needs_bond
        )
        self._counter = count()

    def _notification(self) -> bytes:
        counter = next(self._counter)
        if not self.finger_in:
            return bytes((0x0A, 0x10, 0x1C, 0, 0, *counter.to_bytes(2, "big"), 127, 0x01, 0xFF))
        status = 0x04 if counter >= 2 else 0x00
        index, rate = (325).to_bytes(2, "big"), PULSE_RATE.to_bytes(2, "big")
        return bytes((0x0A, status, 0x1C, *index, *counter.to_bytes(2, "big"), SPO2, *rate))


class Pc60fw(StreamingOximeter):
    """Numbers once a second; `name` as it advertises itself."""

    def __init__(self, radio: Radio, name: str = "PC-60FW", address: str = "C0:0F:00:00:00:01") -> None:
        service, stream = viatom_pc60fw.SERVICE, viatom_pc60fw.NOTIFY
        super().__init__(radio, name, address, service, stream, 1.0, serial="PC-0001")

    def _notification(self) -> bytes:
        status = 0 if self.finger_in else 2
        numbers = (SPO2, *PULSE_RATE.to_bytes(2, "little"), 80) if self.finger_in else (0, 0, 0, 0)
        frame = bytes((0xAA, 0x55, 0x0F, 8, 1, *numbers, status, 0xC0))
        return frame + bytes((crc8_maxim(frame),))


class ContecBle(StreamingOximeter):
    """Streams once it was told to start; hangs up on who does not keep it alive. `told`: all it was told."""

    PATIENCE_S = 5.0

    def __init__(self, radio: Radio, address: str = "C0:12:00:00:00:01") -> None:
        self.told: list[bytes] = []
        taken: CharacteristicValue[bytes] = CharacteristicValue(write=self._obey)
        commands = Characteristic[bytes](uuid(contec_ble.WRITE), WRITE, WRITEABLE, taken)
        service, stream = uuid(contec_ble.SERVICE), uuid(contec_ble.NOTIFY)
        super().__init__(radio, "CMS50D-BT", address, service, stream, 1.0, commands, serial="CB-0001")
        self._started = asyncio.Event()
        self._heard_s = 0.0

    def _obey(self, _connection: Connection, command: bytes) -> None:
        self.told.append(command)
        self._heard_s = asyncio.get_running_loop().time()
        if command == bytes.fromhex("9b011c"):
            self._started.set()

    def _notification(self) -> bytes:
        numbers = (PULSE_RATE, SPO2) if self.finger_in else (0xFF, 0xFF)
        body = bytes((0xEB, 0x01, 0x05, *numbers, 0x7F, 0x00))
        return body + bytes((sum(body) & 0x7F,))

    async def _serve(self, connection: Connection) -> None:
        await self._started.wait()
        streaming = asyncio.create_task(super()._serve(connection))
        try:
            while asyncio.get_running_loop().time() - self._heard_s < self.PATIENCE_S:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        finally:
            streaming.cancel()
        await connection.disconnect()

    async def _gone(self) -> None:
        self._started.clear()
        await super()._gone()
