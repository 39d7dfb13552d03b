"""Instruments with protocols of their own: streams that repeat, and one that must be told to start."""

import asyncio
from collections.abc import Sequence
from itertools import cycle

from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue

from devices.catalog import aoj20a, biolight_tempsitter, jks50f, masimo_mightysat, viatom_vtm20f, yonker_ibpa1
from devices.crc import crc8
from devices.gatt import uuid
from tests.fakes.ble_oximeters import PULSE_RATE, SPO2, StreamingOximeter
from tests.fakes.ble_peripheral import NOTIFY, UNREADABLE, WRITE, WRITEABLE, Peripheral, Subscription
from tests.fakes.radio import Radio

_PERIOD_S = 0.1
_PULSE = PULSE_RATE.to_bytes(2, "big")


class Repeating(StreamingOximeter):
    """The same notifications over and over."""

    def __init__(
        self, radio: Radio, name: str, address: str, service: str, stream: str,
        notifications: Sequence[bytes], *others: Characteristic[bytes], announces: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(
            radio, name, address, service, stream, _PERIOD_S, *others, serial=address, announces=announces
        )
        self._notifications = cycle(notifications)

    def _notification(self) -> bytes:
        return next(self._notifications)


class MightySat(Repeating):
    """Announces no service, and streams once it was told to. `told`: all it was."""

    def __init__(self, radio: Radio, address: str = "C0:30:00:00:00:01") -> None:
        self.told: list[bytes] = []
        self._started = asyncio.Event()
        taken: CharacteristicValue[bytes] = CharacteristicValue(write=self._obey)
        commands = Characteristic[bytes](masimo_mightysat.WRITE, WRITE, WRITEABLE, taken)
        numbers = bytes((5, 0, 0, 0, 0, 0, SPO2, 0, PULSE_RATE, 0, 20, 0, 0x45, 0x01, 0, 16))
        wave = bytes((4, 0, *(sample for pair in zip(range(7), (0,) * 7, strict=True) for sample in pair)))
        frames = b"".join(bytes((0x77, len(part) + 1, *part, crc8(part))) for part in (wave, numbers))
        service, stream = masimo_mightysat.SERVICE, masimo_mightysat.NOTIFY
        pieces = (frames[:20], frames[20:])
        super().__init__(radio, "MightySat", address, service, stream, pieces, commands, announces=False)

    def _obey(self, _connection: Connection, command: bytes) -> None:
        self.told.append(command)
        if len(self.told) == 2:
            self._started.set()

    async def _serve(self, connection: Connection) -> None:
        await self._started.wait()
        await super()._serve(connection)


def _summed(frame: bytes) -> bytes:
    return frame + bytes((sum(frame[1:]) & 0xFF,))


def vtm20f(radio: Radio, address: str = "C0:31:00:00:00:01") -> Repeating:
    """A notification begins in one frame and ends in another."""
    numbers = _summed(bytes((0xFE, 10, 0x55, *_PULSE, SPO2, 0x0C, 0xB2, 1)))
    frames = _summed(bytes((0xFE, 8, 0x56, 40, 0, 6, 1))) + numbers
    pieces = frames[:9], frames[9:]
    return Repeating(
        radio, "VTM 20F", address, uuid(viatom_vtm20f.SERVICE), uuid(viatom_vtm20f.NOTIFY), pieces
    )


def jks50f_oximeter(radio: Radio, address: str = "C0:32:00:00:00:01") -> Repeating:
    """A frame in four notifications."""
    body = bytes((0xFF, 0x44, 1, 0, SPO2, PULSE_RATE, 325 & 0x7F, 325 >> 7)).ljust(68, b"\0")
    frame = body + bytes(((sum(body) + 1) & 0xFF,))
    pieces = [frame[at : at + 20] for at in range(0, len(frame), 20)]
    return Repeating(radio, "OXIMETER", address, uuid(jks50f.SERVICE), uuid(jks50f.NOTIFY), pieces)


def temp_sitter(radio: Radio, address: str = "C0:33:00:00:00:01") -> Repeating:
    frame = _summed(bytes((0xAA, 6, 0x11, 0)) + (3655).to_bytes(2, "little") + b"\0")
    service, notify = uuid(biolight_tempsitter.SERVICE), uuid(biolight_tempsitter.NOTIFY)
    return Repeating(radio, "BLT_MODT", address, service, notify, (frame,))


class Reporting(Peripheral):
    """Announces no service, says once what it has measured, as notifications, and hangs up."""

    def __init__(
        self, radio: Radio, name: str, address: str, service: str, notify: str, report: Sequence[bytes]
    ) -> None:
        self._stream = Characteristic(notify, NOTIFY, UNREADABLE, b"")
        super().__init__(radio, name, address, service, [self._stream], serial=address, announces=False)
        self._subscription = Subscription(self._stream)
        self._report = report

    async def power_on(self) -> None:
        await super().power_on()
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await self._subscription.wait()
        for value in self._report:
            await self._notify(connection, self._stream, value)
        await asyncio.sleep(0.2)
        await connection.disconnect()


def aoj20a_thermometer(radio: Radio, address: str = "C0:34:00:00:00:01") -> Reporting:
    report = (bytes.fromhex("aa01c1030e6001ac"),)
    return Reporting(radio, "AOJ-20A", address, uuid(aoj20a.SERVICE), uuid(aoj20a.NOTIFY), report)


def yonker_cuff(radio: Radio, address: str = "C0:35:00:00:00:01") -> Reporting:
    filling = [bytes((0x80, 0, pressure)).ljust(15, b"\0") for pressure in (60, 120, 180)]
    report = [*filling, bytes.fromhex("818367510000190b18131200000000")]
    return Reporting(radio, "YK-IBPA1", address, yonker_ibpa1.SERVICE, yonker_ibpa1.NOTIFY, report)
