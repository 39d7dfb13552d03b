"""The frame of Creative Medical's instruments (PC-60FW, PC-300 and relatives), and an oximeter's numbers.

AA 55, token, length of what follows, type, data, CRC-8/MAXIM. Source: LepuBle and viatom_pc60fw agree on it.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.crc import crc8_maxim
from devices.event import FrameError, SignalState
from devices.framing import LengthFramer
from devices.measuring import quantity, sensor_off
from devices.metrics import PERFUSION_INDEX, PULSE_RATE, SPO2
from devices.reading import Quantity

_START = b"\xaa\x55"
_HEAD = 4  # start, token, length of what follows
_NUMBERS_BYTES = 5  # SpO2, rate of two bytes, index, status
_NO_SPO2, _NO_PULSE = (0, 127, 255), (0, 255, 65535)


def framer() -> LengthFramer:
    """Cuts a stream into frames whose checksum is right."""
    return LengthFramer(
        _START, _HEAD, lambda head: _HEAD + head[3], lambda frame: crc8_maxim(frame[:-1]) == frame[-1]
    )


def unpack(frame: bytes) -> tuple[int, int, bytes]:
    """Token, type, data. Raises FrameError."""
    if len(frame) < _HEAD + 2 or frame[:2] != _START or len(frame) != _HEAD + frame[3]:
        raise FrameError("not a frame")
    if crc8_maxim(frame[:-1]) != frame[-1]:
        raise FrameError("wrong checksum")
    return frame[2], frame[_HEAD], frame[_HEAD + 1 : -1]


@dataclass(frozen=True, slots=True)
class Numbers:
    """`None` is "no value"."""

    spo2: int | None
    pr: int | None
    pi: Decimal
    probe_off: bool
    searching: bool

    @classmethod
    def parse(cls, data: bytes) -> "Numbers":
        """Raises FrameError."""
        if len(data) < _NUMBERS_BYTES:
            raise FrameError("too short for numbers")
        rate = int.from_bytes(data[1:3], "little")
        return cls(
            spo2=None if data[0] in _NO_SPO2 else data[0],
            pr=None if rate in _NO_PULSE else rate,
            pi=Decimal(data[3]).scaleb(-1),
            probe_off=bool(data[4] & 0x02),
            searching=bool(data[4] & 0x04),
        )

    def state(self) -> SignalState:
        if self.probe_off:
            return SignalState.SENSOR_OFF
        return SignalState.SEARCHING if self.searching else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        metrics = (SPO2, PULSE_RATE, PERFUSION_INDEX)
        if self.probe_off:
            return sensor_off(*metrics)
        numbers = (self.spo2, self.pr, self.pi)
        return tuple(
            quantity(metric, number, invalid=(0,)) for metric, number in zip(metrics, numbers, strict=True)
        )

    def describe(self) -> dict[str, object]:
        named: dict[str, object] = {name: getattr(self, name) for name in Numbers.__slots__}
        return named | {"pi": float(self.pi)}
