"""OEM cuff modules that speak lines of text between STX and ETX (Sinnor N6, UN300C, CAS): their result.

Source: drivers and tests of such modules in public code, which agree on the lines and on their checksum (two
hex digits, the sum of all before them). The module is asked for its state (18), which holds its last result,
and for nothing else: who starts a cuff stands beside the patient.
"""

import re
from dataclasses import dataclass

from devices import cuff
from devices.device import Device, SerialMatch
from devices.event import Event, FrameError, Rejected, Signal, SignalState
from devices.polled import Shown
from devices.reading import Kind, Quality, Quantity

_STX, _ETX, _BETWEEN = 0x02, 0x03, b"\r\n"
_LONGEST = 64
_STATE = re.compile(
    rb"S(\d);A(\d);C(?:\d\d|--);M(\d\d|--);P(\d{3}|---)(\d{3}|---)(\d{3}|---);R(\d{3}|---);T[\d -]{4};;"
)
_PRESSURE = re.compile(rb"(\d{3})C\dS\d")
_ENDED = b"999"


def _checksum(body: bytes) -> bytes:
    return b"%02X" % (sum(body) & 0xFF)


ASK_STATE = b"\x0218;;" + _checksum(b"18;;") + b"\x03"


@dataclass(frozen=True, slots=True)
class State:
    """mmHg and beats a minute, None where there is none. `message`: 0, or why nothing was measured."""

    status: int
    patient: int
    message: int | None
    sys: int | None
    dia: int | None
    map: int | None
    pr: int | None

    @classmethod
    def parse(cls, line: bytes) -> "State":
        """What is between STX and ETX. Raises FrameError."""
        found = _STATE.fullmatch(line[:-2])
        if not found:
            raise FrameError("not a state")
        if line[-2:].upper() != _checksum(line[:-2]):
            raise FrameError("wrong checksum")
        status, patient, *numbers = found.groups()
        return cls(int(status), int(patient), *(None if b"-" in each else int(each) for each in numbers))

    def content(self) -> tuple[int | None, ...] | None:
        """What is another measurement's when it differs; None: there is no result."""
        there = self.sys or self.message
        return (self.sys, self.dia, self.map, self.pr, self.message) if there else None

    def quantities(self) -> tuple[Quantity, ...]:
        return cuff.failed() if self.message else cuff.quantities(self.sys, self.dia, self.map, self.pr)

    def quality(self) -> frozenset[Quality]:
        """What its messages mean is not known, but for none."""
        return cuff.why(self.message, {}) if self.message else frozenset()


class Decoder:
    """Any line that is understood says that the module is there. A result that was there is not told."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._shown = Shown()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for byte in data for event in self._byte(byte)]

    def _byte(self, byte: int) -> list[Event]:
        if not self._held and byte in _BETWEEN:
            return []
        cut_short = self._thrown_away() if byte == _STX or len(self._held) == _LONGEST else []
        self._held.append(byte)
        if byte != _ETX:
            return cut_short
        frame = bytes(self._held)
        self._held.clear()
        return [*cut_short, *self._frame(frame)]

    def _thrown_away(self) -> list[Event]:
        part = bytes(self._held)
        self._held.clear()
        return [Rejected("a line that has no end", part)] if part else []

    def _frame(self, frame: bytes) -> list[Event]:
        try:
            return self._line(_line(frame), frame)
        except FrameError as error:
            return [Rejected(str(error), frame[:_LONGEST])]

    def _line(self, line: bytes, frame: bytes) -> list[Event]:
        if _PRESSURE.fullmatch(line):
            return [Signal(SignalState.MEASURING)]
        if line == _ENDED:
            return [Signal(SignalState.READY)]
        state = State.parse(line)
        return self._shown.events(state.content(), state.quantities(), frame, state.quality())


def _line(frame: bytes) -> bytes:
    if len(frame) < 2 or frame[0] != _STX or frame[-1] != _ETX:
        raise FrameError("not a line between STX and ETX")
    return frame[1:-1]


def describe(data: bytes) -> dict[str, object]:
    """A line of the module, from STX to ETX. Raises FrameError."""
    line = _line(data)
    if found := _PRESSURE.fullmatch(line):
        return {"pressure": int(found[1])}
    state = State.parse(line)
    return {name: getattr(state, name) for name in State.__slots__}


DEVICE = Device(
    key="ascii_cuff",
    name="OEM cuff module (text)",
    kind=Kind.CUFF,
    match=SerialMatch(
        usb_ids=((0x0403, 0x6001),), baud=4800, checked=True,
        start=(ASK_STATE,), keep_alive=ASK_STATE, keep_alive_s=1.0,
    ),
    metrics=cuff.METRICS,
    reference="drivers of Sinnor N6 and UN300C modules in public code",
    experimental=True,
    limits=cuff.MODULE_LIMITS,
    decoder=Decoder,
    protocols=(("ascii_cuff", describe),),
)  # fmt: skip
