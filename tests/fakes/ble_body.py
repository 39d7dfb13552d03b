"""What few sites own, over Bluetooth: scales, a glucose meter, a heart rate sensor.

Sources: Weight Scale Service 1.0.1, Body Composition 1.0, Glucose Service 1.0.1, Heart Rate Service 1.0.
"""

import asyncio
from datetime import datetime

from bumble.device import AdvertisingType, Connection
from bumble.gatt import Characteristic, CharacteristicValue

from tests.fakes import frames
from tests.fakes.ble_oximeters import StreamingOximeter
from tests.fakes.ble_peripheral import (
    INDICATE,
    NOTIFY,
    UNREADABLE,
    WRITE,
    WRITEABLE,
    Peripheral,
    PeripheralClock,
    Subscription,
    advertised,
)
from tests.fakes.radio import Radio

_LINGER_S = 0.5
_REPORT_LAST = b"\x01\x06"
_MI_MODELS = {1: ("MI_SCALE", "181D", "2A9D"), 2: ("MIBFS", "181B", "2A9C")}


class Scale(Peripheral):
    """Silent until somebody has stood on it."""

    service, characteristic = "181D", "2A9D"

    def __init__(
        self, radio: Radio, address: str = "C0:14:00:00:00:01", serial: str = "WS-0001",
        name: str = "Telesim Scale", firmware: str = "1.4.2",
    ) -> None:  # fmt: skip
        self._result = Characteristic(self.characteristic, INDICATE, UNREADABLE, b"")
        self.clock = PeripheralClock(takes=self._takes_time)
        offered = [self._result, self.clock.characteristic()]
        super().__init__(radio, name, address, self.service, offered, serial=serial, firmware=firmware)
        self._results = Subscription(self._result)
        self._steps: int | None = None

    async def measure(self, kg: float) -> None:
        self._steps = round(kg * 200)
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await self._results.wait()
        assert self._steps is not None
        frame = self._frame(self._steps, self.clock.now())
        await self._indicate(connection, self._result, frame)
        self._steps = None
        await asyncio.sleep(_LINGER_S)
        await connection.disconnect()

    async def _gone(self) -> None:
        self._results.reset()

    def _frame(self, steps: int, when: datetime) -> bytes:
        return frames.weight(steps, when=when)


class BodyScale(Scale):
    """Says the fat too, of which it estimates `FAT_TENTHS` in everybody, and 512.3 ohm."""

    FAT_TENTHS = 234
    service, characteristic = "181B", "2A9C"

    def __init__(self, radio: Radio, address: str = "C0:1A:00:00:00:01", serial: str = "BC-0001") -> None:
        super().__init__(radio, address, serial, name="Telesim Body Scale")

    def _frame(self, steps: int, when: datetime) -> bytes:
        return frames.body_composition(self.FAT_TENTHS, 5123, steps, when)


class MiScale(Peripheral):
    """Sends what it weighs while somebody steps on, stands and steps off, in Xiaomi's form."""

    def __init__(self, radio: Radio, address: str = "C0:18:00:00:00:01") -> None:
        self._result = Characteristic("2A9D", INDICATE, UNREADABLE, b"")
        super().__init__(radio, "MI SCALE2", address, "181D", [self._result], serial="MS-0001")
        self._results = Subscription(self._result)
        self._steps = 0

    async def measure(self, kg: float) -> None:
        self._steps = round(kg * 200)
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await self._results.wait()
        for state, steps in ((0x02, self._steps // 3), (0x22, self._steps), (0xA2, self._steps)):
            frame = bytes((state,)) + frames.weight(steps, when=datetime.now())[1:]
            await self._indicate(connection, self._result, frame)
        await asyncio.sleep(_LINGER_S)
        await connection.disconnect()

    async def _gone(self) -> None:
        self._results.reset()


class MiBroadcast(Peripheral):
    """A Xiaomi scale that says in its advertisement what it weighs, over and over: its first model, or its
    second. It notifies nothing of its own, and cannot be connected to unless it is `connectable`.
    """

    def __init__(self, radio: Radio, model: int, connectable: bool = False) -> None:
        name, self._service, characteristic = _MI_MODELS[model]
        self._is_first, self._connectable = model == 1, connectable
        self.result = Characteristic[bytes](characteristic, NOTIFY, UNREADABLE, b"")
        super().__init__(
            radio, name, f"C0:19:00:00:00:0{model}", self._service, [self.result], serial=f"MB-{model}"
        )
        self.heard = Subscription(self.result)

    def frame(self, kg: float, stable: bool, removed: bool, when: datetime) -> bytes:
        steps, state = round(kg * 200).to_bytes(2, "little"), stable << 5 | removed << 7
        if self._is_first:
            return bytes((0x02 | state,)) + steps + frames.date_time(when)
        return bytes((0x02, 0x04 | state)) + frames.date_time(when) + bytes(2) + steps

    async def say(self, kg: float, stable: bool, removed: bool, when: datetime) -> None:
        """Advertise this from now on."""
        said = self.frame(kg, stable, removed, when)
        self._device.advertising_data = advertised(self._device.name, self._service, service_data=said)
        if self._device.is_advertising:
            await self._device.stop_advertising()
        await self.advertise()

    async def advertise(self) -> None:
        if self._connectable:
            await super().advertise()
        else:
            await self._device.start_advertising(advertising_type=AdvertisingType.UNDIRECTED)

    async def notify(self, said: bytes) -> None:
        """To whoever is connected."""
        await self._device.notify_subscribers(self.result, said)

    async def _serve(self, connection: Connection) -> None:
        await asyncio.Event().wait()

    async def _gone(self) -> None:
        self.heard.reset()
        await self.advertise()


class GlucoseMeter(Peripheral):
    """Keeps what it has measured and hands out what is asked for. `asked`: all that was written to it."""

    def __init__(self, radio: Radio, address: str = "C0:15:00:00:00:01") -> None:
        self.asked: list[bytes] = []
        self.records: list[tuple[str, datetime, int]] = []
        self._result = Characteristic("2A18", NOTIFY, UNREADABLE, b"")
        self._context = Characteristic("2A34", NOTIFY, UNREADABLE, b"")
        taken: CharacteristicValue[bytes] = CharacteristicValue(write=self._answer)
        self._control = Characteristic[bytes]("2A52", INDICATE | WRITE, WRITEABLE, taken)
        offered = [self._result, self._context, self._control]
        super().__init__(radio, "Telesim Meter", address, "1808", offered, serial="GM-0001")

    async def measure(self, kg_per_litre: str, meal: int) -> None:
        self.records.append((kg_per_litre, datetime.now().replace(microsecond=0), meal))
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await asyncio.Event().wait()

    async def _answer(self, connection: Connection, question: bytes) -> None:
        self.asked.append(question)
        asyncio.get_running_loop().create_task(self._hand_out(connection, question))

    async def _hand_out(self, connection: Connection, question: bytes) -> None:
        wanted = self.records[-1:] if question == _REPORT_LAST else []
        for sequence, (kg_per_litre, when, meal) in enumerate(wanted, start=len(self.records)):
            result = frames.glucose(sequence, kg_per_litre, when, context_follows=True)
            await self._notify(connection, self._result, result)
            context = frames.glucose_context(sequence, meal)
            await self._notify(connection, self._context, context)
        answer = bytes((6, 0, question[0], 1 if wanted else 6))
        await self._indicate(connection, self._control, answer)
        await asyncio.sleep(_LINGER_S)
        await connection.disconnect()

    async def _gone(self) -> None:
        await self.advertise()  # it is still switched on


class TaiDocMeter(Peripheral):
    """Answers questions about itself and its newest result. `asked`: all that was written to it."""

    def __init__(self, radio: Radio, mg_dl: int, taken: datetime, address: str = "C0:17:00:00:00:01") -> None:
        self.asked: list[bytes] = []
        self._answers = {
            0x24: b"\x72\x42\x00\x00",
            0x23: _to_the_minute(datetime.now()),
            0x25: _to_the_minute(taken),
            0x26: mg_dl.to_bytes(2, "little") + b"\x00\x40",
        }
        base = "-1212-EFDE-1523-785FEABCD123"
        question: CharacteristicValue[bytes] = CharacteristicValue(write=self._answer)
        self._channel = Characteristic[bytes]("00001524" + base, NOTIFY | WRITE, WRITEABLE, question)
        super().__init__(radio, "TAIDOC", address, "00001523" + base, [self._channel], serial="TD-0001")

    async def _serve(self, connection: Connection) -> None:
        await asyncio.Event().wait()

    async def _answer(self, connection: Connection, question: bytes) -> None:
        self.asked.append(question)
        frame = bytes((0x51, question[1])) + self._answers[question[1]] + b"\xa5"
        frame += bytes((sum(frame) & 0xFF,))
        asyncio.get_running_loop().create_task(self._notify(connection, self._channel, frame))


def _to_the_minute(when: datetime) -> bytes:
    day = (when.year - 2000) << 9 | when.month << 5 | when.day
    return day.to_bytes(2, "little") + bytes((when.minute, when.hour))


class HeartRateSensor(StreamingOximeter):
    """One rate a second, 72, while the strap is worn (`finger_in`)."""

    def __init__(self, radio: Radio, address: str = "C0:16:00:00:00:01") -> None:
        super().__init__(radio, "Telesim Strap", address, "180D", "2A37", 1.0, serial="HR-0001")

    def _notification(self) -> bytes:
        return frames.heart_rate(72 if self.finger_in else 0, self.finger_in, None, ())
