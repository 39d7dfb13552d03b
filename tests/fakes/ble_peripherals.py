"""Three Bluetooth SIG instruments: a pulse oximeter, a blood-pressure cuff and a thermometer.

Sources: Pulse Oximeter Service 1.0.1, Blood Pressure Service 1.1.1, Health Thermometer Service 1.0.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from bumble.device import Connection
from bumble.gatt import Characteristic

from tests.fakes import frames
from tests.fakes.ble_peripheral import (
    INDICATE,
    NOTIFY,
    READ,
    READABLE,
    UNREADABLE,
    Peripheral,
    PeripheralClock,
    Subscription,
)
from tests.fakes.radio import Radio

_PERIOD_S = 1.0
INFLATION_STEP_S = 0.15
_INFLATION_MMHG = (*range(0, 181, 20), *range(170, 59, -10))
_LINGER_S = 0.5
_SENSOR_UNCONNECTED = 1 << 11
_STATUS_FEATURES = (1 << 1).to_bytes(2, "little") + bytes.fromhex("ffff00")


class PulseOximeter(Peripheral):
    """Advertises whenever nobody is connected; measures once a second."""

    def __init__(self, radio: Radio, address: str = "C0:0A:00:00:00:01", serial: str = "OX-0001") -> None:
        self._continuous = Characteristic("2A5F", NOTIFY, UNREADABLE, b"")
        features = Characteristic("2A60", READ, READABLE, _STATUS_FEATURES)
        super().__init__(
            radio, "Telesim Oximeter", address, "1822", [self._continuous, features], serial=serial
        )
        self._subscription = Subscription(self._continuous)
        self._script = cycle(((97, 68), (98, 69), (97, 70), (96, 71), (98, 70), (97, 69)))
        self.finger_in = True
        self.frames_sent = 0
        self._last: dict[str, object] | None = None

    def stats(self) -> dict[str, object]:
        return super().stats() | {"frames_sent": self.frames_sent}

    async def power_on(self) -> None:
        await super().power_on()
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        while True:
            await self._subscription.wait()
            await asyncio.sleep(_PERIOD_S)
            if not self._subscription.on:
                continue
            content, frame = self._measure()
            await self._notify(connection, self._continuous, frame)
            self.frames_sent += 1
            if content != self._last:
                self._last = content
                self.expected.append(content)

    async def _gone(self) -> None:
        self._subscription.reset()
        await self.advertise()

    def _measure(self) -> tuple[dict[str, object], bytes]:
        if not self.finger_in:
            off = frames.plx_continuous("NaN", "NaN", device_status=_SENSOR_UNCONNECTED)
            return {"spo2": None, "pr": None}, off
        spo2, pulse_rate = next(self._script)
        return {"spo2": spo2, "pr": pulse_rate}, frames.plx_continuous(spo2, pulse_rate, device_status=0)


@dataclass(frozen=True, slots=True)
class Pressure:
    """One result, in mmHg and beats a minute."""

    systolic: int
    diastolic: int
    mean: int
    pulse: int


class Cuff(Peripheral):
    """Silent until it has something to say; its clock is 67 minutes slow until somebody sets it."""

    def __init__(
        self, radio: Radio, address: str = "C0:0B:00:00:00:01", serial: str = "BP-0001",
        clock_offset: timedelta = timedelta(minutes=-67), needs_bond: bool = False,
        inflation_step_s: float = INFLATION_STEP_S, name: str = "Telesim Cuff", firmware: str = "1.4.2",
        has_current_time: bool = False,
    ) -> None:  # fmt: skip
        self.clock = PeripheralClock(clock_offset, self._takes_time)
        self._inflation_step_s = inflation_step_s
        self._result = Characteristic("2A35", INDICATE, UNREADABLE, b"")
        self._live = Characteristic("2A36", NOTIFY, UNREADABLE, b"")
        features = Characteristic("2A49", READ, READABLE, (0x27).to_bytes(2, "little"))
        time = self.clock.current_time() if has_current_time else self.clock.characteristic()
        super().__init__(
            radio, name, address, "1810", [self._result, self._live, features, time],
            serial=serial, needs_bond=needs_bond, firmware=firmware,
        )  # fmt: skip
        self._results = Subscription(self._result)
        self._live_values = Subscription(self._live)
        self._memory: list[tuple[Pressure, datetime, bool]] = []
        self._delivered: tuple[Pressure, datetime, bool] | None = None
        self._to_measure: Pressure | None = None
        self.frames_sent = 0

    def stats(self) -> dict[str, object]:
        return super().stats() | {"frames_sent": self.frames_sent, "in_memory": len(self._memory)}

    async def measure(self, pressure: Pressure) -> None:
        """The button was pressed: inflate once somebody listens, then send the result."""
        self._to_measure = pressure
        await self.advertise()

    async def remember(self, pressure: Pressure, age: timedelta = timedelta(days=1)) -> None:
        """Somebody measured a day ago, far from the kiosk; now the cuff is switched on beside it."""
        self._memory.append((pressure, self.clock.now() - age, True))
        await self.advertise()

    async def deliver_again(self) -> None:
        """It missed our confirmation: the last result is sent once more, on a connection of its own."""
        if self._delivered is not None:
            self._memory.append(self._delivered)
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await self._results.wait()
        await self._live_values.wait(1.0)
        await self._send_memory(connection)
        if self._to_measure is not None:
            await self._inflate(connection)
            self._memory.append((self._to_measure, self.clock.now(), False))
            self._to_measure = None
            await self._send_memory(connection)
        await asyncio.sleep(_LINGER_S)
        await connection.disconnect()

    async def _send_memory(self, connection: Connection) -> None:
        while self._memory:
            pressure, when, old = self._memory[0]
            await self._indicate(connection, self._result, self._frame(pressure, when))
            self.frames_sent += 1
            self._delivered = self._memory.pop(0)
            self.expected.append(
                {"systolic": pressure.systolic, "diastolic": pressure.diastolic, "mean": pressure.mean,
                 "pulse": pressure.pulse, "device_time": when.isoformat(), "old": old}
            )  # fmt: skip

    async def _inflate(self, connection: Connection) -> None:
        for pressure in _INFLATION_MMHG:
            await self._notify(connection, self._live, frames.intermediate_cuff(pressure))
            self.frames_sent += 1
            await asyncio.sleep(self._inflation_step_s)

    async def _gone(self) -> None:
        self._results.reset()
        self._live_values.reset()
        if self._memory or self._to_measure is not None:
            await self.advertise()

    def _frame(self, pressure: Pressure, when: datetime) -> bytes:
        three = (pressure.systolic, pressure.diastolic, pressure.mean)
        return frames.blood_pressure(*three, when=when, pulse=pressure.pulse, status=0)


class Thermometer(Peripheral):
    """Silent until somebody has measured; unless it `has_clock`, a host can read none."""

    def __init__(
        self, radio: Radio, address: str = "C0:0C:00:00:00:01", serial: str = "TH-0001",
        name: str = "Telesim Thermometer", firmware: str = "1.4.2", has_clock: bool = False,
    ) -> None:  # fmt: skip
        self.clock = PeripheralClock(takes=self._takes_time)
        self._result = Characteristic("2A1C", INDICATE, UNREADABLE, b"")
        offered = [self._result, Characteristic("2A1D", READ, READABLE, bytes((9,)))]
        if has_clock:
            offered.append(self.clock.characteristic())
        super().__init__(radio, name, address, "1809", offered, serial=serial, firmware=firmware)
        self._results = Subscription(self._result)
        self._memory: list[tuple[str, datetime]] = []
        self.frames_sent = 0

    def stats(self) -> dict[str, object]:
        return super().stats() | {"frames_sent": self.frames_sent, "in_memory": len(self._memory)}

    async def measure(self, celsius: str) -> None:
        """A measurement has ended: advertise it until it is fetched. The decimals are sent as written."""
        self._memory.append((celsius, self.clock.now()))
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await self._results.wait()
        while self._memory:
            celsius, when = self._memory[0]
            frame = frames.temperature(celsius, when=when, site=9)
            await self._indicate(connection, self._result, frame)
            self.frames_sent += 1
            self._memory.pop(0)
            self.expected.append({"celsius": celsius, "device_time": when.isoformat()})
        await asyncio.sleep(_LINGER_S)
        await connection.disconnect()

    async def _gone(self) -> None:
        self._results.reset()
        if self._memory:
            await self.advertise()
