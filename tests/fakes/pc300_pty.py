"""A PC-300 spot-check monitor on a pty: its cuff, its oximeter, its thermometer and its glucose strip.

Source: LepuBle and PC300_UI, which agree on the frames; `devices/` is not asked.
"""

from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import SerialUnit

_CUFF, _CUFF_NOW, _OXIMETER, _THERMOMETER, _GLUCOSE = 0x43, 0x42, 0x53, 0x72, 0x73
_TICKS = 60  # a second
_PUMPED = range(0, 181, 20)


class Pc300(SerialUnit):
    """Its oximeter says once a second what it measures, or that no finger is there; the others when used.

    `finger`: its SpO2 in percent, its pulse rate, and its perfusion in tenths of a percent.
    """

    def __init__(self) -> None:
        super().__init__(Line(115200))
        self.finger: tuple[int, int, int] | None = (97, 72, 31)
        self._ticks = 0

    def measure_pressure(self, systolic: int, mean: int, diastolic: int, pulse: int) -> None:
        """Somebody has pressed its button."""
        for pressure in _PUMPED:
            self._send(_CUFF_NOW, pressure.to_bytes(2, "big"))
        self._send(_CUFF, systolic.to_bytes(2, "big") + bytes((mean, diastolic, pulse)))

    def measure_temperature(self, hundredths_above_30: int) -> None:
        for state in (1, 2):  # it rises, and is done
            self._send(_THERMOMETER, bytes((state << 5,)) + hundredths_above_30.to_bytes(2, "big"))

    def take_strip(self, tenths_of_mmol: int) -> None:
        self._send(_GLUCOSE, bytes.fromhex(f"00{tenths_of_mmol:04d}"))

    def tick(self) -> None:
        self._ticks += 1
        if self._ticks % _TICKS == 0:
            self._send(_OXIMETER, self._oximeter())

    def _oximeter(self) -> bytes:
        if self.finger is None:
            return bytes((0, 0, 0, 0, 0x02))
        spo2, rate, index = self.finger
        return bytes((spo2,)) + rate.to_bytes(2, "little") + bytes((index, 0))

    def _send(self, token: int, data: bytes) -> None:
        body = bytes((0xAA, 0x55, token, len(data) + 2, 1)) + data
        self.say(body + bytes((_crc(body),)))


def _crc(data: bytes) -> int:
    """CRC-8/MAXIM."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
    return crc
