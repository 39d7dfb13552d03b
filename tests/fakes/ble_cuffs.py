"""Cuffs that follow the Blood Pressure Profile in their own way: Beurer BM85, Omron."""

from datetime import datetime, timedelta

from bumble.device import Connection

from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.frames import blood_pressure, date_time, sfloat
from tests.fakes.radio import Radio


class Bm85(Cuff):
    """Computes no mean pressure, sends a user nobody asked for, and the pulse and the status big-endian.

    `keeps`: what it has sent stays in its memory, and is sent to whoever connects next.
    """

    def __init__(self, radio: Radio, address: str = "C0:20:00:00:00:01", keeps: bool = False) -> None:
        super().__init__(radio, address, "BM-0085", name="Beurer BM85")
        self._keeps = keeps

    async def _send_memory(self, connection: Connection) -> None:
        kept = [*self._memory] if self._keeps else []
        await super()._send_memory(connection)
        self._memory += kept

    def _frame(self, pressure: Pressure, when: datetime) -> bytes:
        three = sfloat(pressure.systolic) + sfloat(pressure.diastolic) + sfloat(0)
        return b"\x56" + three + date_time(when) + sfloat(pressure.pulse)[::-1] + bytes(3)


class OmronCuff(Cuff):
    """Lets its clock be set only when it is off by more than ten minutes."""

    def __init__(self, radio: Radio, address: str, serial: str, off: timedelta) -> None:
        name = "BLESmart_00000116C0FFEE000001"
        super().__init__(radio, address, serial, off, name=name, has_current_time=True)

    def _takes_time(self, given: datetime) -> bool:
        return abs(given - self.clock.now()) > timedelta(minutes=10)


class UnluckyCuff(Cuff):
    """As long as somebody `moves` it finds no pressure, and says so."""

    moves = True

    def _frame(self, pressure: Pressure, when: datetime) -> bytes:
        if self.moves:
            return blood_pressure("NaN", "NaN", "NaN", when=when, status=1)
        return super()._frame(pressure, when)


class ClocklessCuff(Cuff):
    """Its results carry no date."""

    def _frame(self, pressure: Pressure, when: datetime) -> bytes:
        return blood_pressure(pressure.systolic, pressure.diastolic, pressure.mean, pulse=pressure.pulse)
