"""Nonin oximeters that speak seldom, on ptys: format 8 once a second, format 13 when a spot check is over."""

from datetime import datetime

from tests.fakes.nonin_pty import IDS
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import SerialUnit

_LINE = Line(9600)
_TICKS = 60  # a second
_NOTICES_TICKS = 12  # how long somebody has to listen until the unit knows it
_NO_PULSE, _NO_SPO2 = 511, 127


class Format8(SerialUnit):
    """`finger_in`, `sensor_in`, `low_battery`, and `lost`: how many bytes its next frame loses."""

    def __init__(self, spo2: int = 97, pulse_rate: int = 138) -> None:
        super().__init__(_LINE, IDS)
        self.numbers = (spo2, pulse_rate)
        self.finger_in = self.sensor_in = True
        self.low_battery = False
        self.lost = self.frames_sent = 0
        self._ticks = _TICKS - 1

    def tick(self) -> None:
        self._ticks += 1
        if self._ticks % _TICKS == 0:
            self.say(self._frame()[self.lost :])
            self.lost = 0
            self.frames_sent += 1

    def _frame(self) -> bytes:
        measures = self.finger_in and self.sensor_in
        spo2, rate = self.numbers if measures else (_NO_SPO2, _NO_PULSE)
        status = 0x80 | (0 if self.sensor_in else 0x40) | rate >> 7
        more = (0x20 if measures else 0x08) | self.low_battery
        return bytes((status, rate & 0x7F, spo2, more))


class SpotChecker(SerialUnit):
    """`kept`: what it sends, and forgets, as soon as somebody listens."""

    def __init__(self) -> None:
        super().__init__(_LINE, IDS)
        self.kept: list[bytes] = []
        self._heard_ticks = 0

    def remember(self, when: datetime, spo2: int, pulse_rate: int) -> None:
        """One that was taken while nobody was there."""
        self.kept.append(spot_check(when, spo2, pulse_rate, from_memory=True))

    def measure(self, when: datetime, spo2: int, pulse_rate: int) -> None:
        """`when` is what its own clock shows."""
        self.say(spot_check(when, spo2, pulse_rate))

    def tick(self) -> None:
        listens = self.heard_at[-1:] == [self.line]
        self._heard_ticks = self._heard_ticks + 1 if listens else 0
        if self._heard_ticks > _NOTICES_TICKS and self.kept:
            self.say(self.kept.pop(0))


def spot_check(when: datetime, spo2: int, pulse_rate: int, from_memory: bool = False) -> bytes:
    """A frame of format 13; `when` by the device's clock."""
    date = bytes.fromhex(when.strftime("%Y%m%d%H%M%S00"))
    status = bytes((0x02, 0x10 if from_memory else 0))
    body = date + status + pulse_rate.to_bytes(2, "big") + bytes((0, spo2))
    return bytes.fromhex("0002000d000e") + body + bytes((sum(body) & 0xFF, 0x03))
