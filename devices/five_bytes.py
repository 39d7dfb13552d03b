"""Oximeters that stream frames of five bytes, of which the first alone has its high bit set.

Berry's BCI and Contec's old protocol share the layout: state, pleth, bar, pulse rate, SpO2; bit 6 of the bar
is the pulse rate's bit 7. What the other bits mean is each protocol's own.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from devices.event import Event, FrameError, Rejected, SignalState
from devices.framing import MarkedFramer
from devices.measuring import quantity, sensor_off
from devices.metrics import PULSE_RATE, SPO2
from devices.reading import Quality, Quantity
from devices.streamed import StreamedOximeter

SIZE = 5
_NO_SPO2 = (0, 127)
_NO_PULSE = (0, 255)


class OximeterFrame(Protocol):
    """What a frame says, in whatever words its protocol has."""

    @property
    def pleth(self) -> int: ...
    def state(self) -> SignalState: ...
    def quantities(self) -> tuple[Quantity, ...]: ...
    def quality(self) -> frozenset[Quality]: ...


F = TypeVar("F", bound=OximeterFrame)


Fields = tuple[int, bool, bool, bool, int, int, bool, bool, int | None, int | None]
"""Signal, bits 4 and 5 of the state, beep, pleth, bar, its bit 4, searching, pulse rate, SpO2."""


def fields(data: bytes) -> Fields:
    """Raises FrameError. No checksum: only the marked first byte and the length can betray a fault."""
    if len(data) != SIZE or data[0] < 0x80 or max(data[1:]) >= 0x80:
        raise FrameError("not a frame of five bytes")
    state, pleth, bar, pulse, spo2 = data
    flags = (bool(state & 0x10), bool(state & 0x20), bool(state & 0x40))
    numbers = (pulse_rate(pulse | (bar & 0x40) << 1), saturation(spo2))
    return (state & 0x0F, *flags, pleth, bar & 0x0F, bool(bar & 0x10), bool(bar & 0x20), *numbers)


def pulse_rate(pulse: int) -> int | None:
    """None is "no value": 255 or 0."""
    return None if pulse in _NO_PULSE else pulse


def saturation(spo2: int) -> int | None:
    """None is "no value": 127 or 0."""
    return None if spo2 in _NO_SPO2 else spo2


def quantities(state: SignalState, spo2: int | None, pr: int | None) -> tuple[Quantity, ...]:
    if state is SignalState.SENSOR_OFF:
        return sensor_off(SPO2, PULSE_RATE)
    return (quantity(SPO2, spo2), quantity(PULSE_RATE, pr))


class Framer(Generic[F]):
    """Cuts bytes into frames."""

    def __init__(self, parse: Callable[[bytes], F]) -> None:
        self._parse = parse
        self._parts = MarkedFramer(lambda byte: byte >= 0x80)

    def split(self, data: bytes) -> Iterator[tuple[F, bytes] | Rejected]:
        for part in self._parts.split(data):
            try:
                yield self._parse(part), part
            except FrameError as error:
                yield Rejected(str(error), part)


class FrameStream(Generic[F]):
    """The stream of one connection, cut anywhere."""

    def __init__(self, parse: Callable[[bytes], F], frames_hz: int, samples_per_chunk: int) -> None:
        self._framer = Framer(parse)
        self._stream = StreamedOximeter(frames_hz, samples_per_chunk)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        events: list[Event] = []
        for part in self._framer.split(data):
            if isinstance(part, Rejected):
                events += self._stream.rejected(part)
            else:
                frame, raw = part
                numbers, quality = frame.quantities(), frame.quality()
                events += self._stream.frame(frame.state(), frame.pleth, numbers, raw, quality)
        return events
