"""SunTech Advantage cuff modules on a USB serial bridge: their result, when a measurement has ended.

Source: com.ak.comm.bytes.suntech (ak-git) and the module's error list as collected in public code. The module
is asked for its last result, and for nothing else: who starts a cuff stands beside the patient.
"""

from dataclasses import dataclass

from devices import cuff
from devices.device import Device, SerialMatch
from devices.event import Event, FrameError, Rejected, Signal, SignalState
from devices.framing import LengthFramer
from devices.polled import Shown
from devices.reading import Kind, Quality, Quantity

_HOST, _MODULE = 0x3A, 0x3E
_ERRORS = {
    1: Quality.NO_PULSE,
    2: Quality.MOTION,
    3: Quality.OUT_OF_RANGE,
    4: Quality.TOOK_TOO_LONG,
    85: Quality.CUFF_AIR,
    86: Quality.STOPPED,
    87: Quality.CUFF_AIR,
    88: Quality.TOOK_TOO_LONG,
    89: Quality.OVERPRESSURE,
    **dict.fromkeys((90, 91, 97, 99), Quality.DEVICE_FAULT),
}
_LEAST, _PRESSURE_BYTES, _RESULT_BYTES = 3, 5, 24


def _command(body: bytes) -> bytes:
    frame = bytes((_HOST,)) + body
    return frame + bytes((-sum(frame) & 0xFF,))


ASK_RESULT = _command(b"\x79\x03\x00")


@dataclass(frozen=True, slots=True)
class Result:
    """mmHg and beats a minute. `error`: 0 when it was measured."""

    sys: int
    dia: int
    beats: int
    status: int
    hr: int
    map: int
    error: int

    @classmethod
    def parse(cls, frame: bytes) -> "Result":
        """A checked frame of the module of 24 bytes."""
        sys, dia, mean = (int.from_bytes(frame[at : at + 2], "little") for at in (2, 4, 18))
        return cls(sys, dia, beats=frame[6], status=frame[7], hr=frame[16], map=mean, error=frame[20])

    def content(self) -> tuple[int, ...] | None:
        """What is another measurement's when it differs; None: there is no result."""
        there = self.sys or self.error
        return (self.sys, self.dia, self.map, self.hr, self.beats, self.error) if there else None

    def quantities(self) -> tuple[Quantity, ...]:
        return cuff.failed() if self.error else cuff.quantities(self.sys, self.dia, self.map, self.hr)

    def quality(self) -> frozenset[Quality]:
        return cuff.why(self.error, _ERRORS) if self.error else frozenset()


class Decoder:
    """Any sound answer says that the module is there. The result that was there already is not told."""

    def __init__(self) -> None:
        self._framer = LengthFramer(
            bytes((_MODULE,)),
            2,
            lambda head: head[1] if head[1] >= _LEAST else 0,
            lambda f: not sum(f) & 0xFF,
        )
        self._shown = Shown()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [part]
        if len(part) != _RESULT_BYTES:
            return [Signal(SignalState.READY)]
        result = Result.parse(part)
        return self._shown.events(result.content(), result.quantities(), part, result.quality())


def describe(data: bytes) -> dict[str, object]:
    """A frame of either side. Raises FrameError."""
    if len(data) < _LEAST or data[0] not in (_HOST, _MODULE) or sum(data) & 0xFF:
        raise FrameError("not a frame, or a wrong checksum")
    start: dict[str, object] = {"start": data[0]}
    if data[0] == _HOST:
        return start | {"cmd": data[1:-1].hex()}
    if data[1] != len(data):
        raise FrameError("cut short, or too long")
    if len(data) == _PRESSURE_BYTES:
        return start | {"pressure": int.from_bytes(data[2:4], "little")}
    if len(data) == _RESULT_BYTES:
        result = Result.parse(data)
        return start | {name: getattr(result, name) for name in Result.__slots__}
    return start | {"data": data[2:-1].hex()}


DEVICE = Device(
    key="suntech_advantage",
    name="SunTech Advantage",
    kind=Kind.CUFF,
    match=SerialMatch(
        usb_ids=((0x0403, 0x6001),), baud=9600, checked=True,
        start=(ASK_RESULT,), keep_alive=ASK_RESULT, keep_alive_s=1.0,
    ),
    metrics=cuff.METRICS,
    reference="com.ak.comm.bytes.suntech",
    experimental=True,
    limits=cuff.MODULE_LIMITS,
    decoder=Decoder,
    protocols=(("suntech", describe),),
)  # fmt: skip
