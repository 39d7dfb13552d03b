"""Contec oximeters over Bluetooth (CMS50D-BT), and EMAY SleepO2: numbers once a second when asked to start.

Source: the layout and the start on which CMS50D-BT and emay-sleepo2 agree. What the samples of its wave mean
is not known: they are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from devices.device import BleMatch, Device
from devices.event import Event, FrameError, Rejected, SignalState
from devices.gatt import unexpected, uuid
from devices.measuring import quantity
from devices.metrics import PULSE_RATE, SPO2
from devices.reading import Kind, Quantity
from devices.streamed import StreamedOximeter

SERVICE, WRITE, NOTIFY = 0xFF12, 0xFF01, 0xFF02
NAMES = ("CMS50", "SpO2", "SleepO2")  # others have this service and know other commands
_RESULT = bytes((0xEB, 0x01, 0x05))
_WAVE = bytes((0xEB, 0x00))
_RESULT_SIZE, _WAVE_SIZE = 8, 6
_NONE = (0, 255)
_SPO2_NONE = (0, 127, 255)
# Opcode and operands; the checksum follows. Nothing else of this protocol is ever sent.
_CONNECT, _MODE, _START, _BATTERY, _HEARTBEAT = b"\x89", b"\x8e\x05", b"\x9b\x01", b"\x86", b"\x9a"
ALLOWED = (_CONNECT, _MODE, _START, _BATTERY, _HEARTBEAT)
_HEARTBEAT_S = 1.5


def checksum(body: bytes) -> int:
    """The sum, in seven bits."""
    return sum(body) & 0x7F


def command(body: bytes) -> bytes:
    """Raises ValueError for what may not be sent."""
    if body not in ALLOWED:
        raise ValueError(f"{body.hex()} is not allowed")
    return body + bytes((checksum(body),))


@dataclass(frozen=True, slots=True)
class Result:
    """`None` is "no value"."""

    pr: int | None
    spo2: int | None

    @classmethod
    def parse(cls, frame: bytes) -> "Result":
        """Raises FrameError."""
        if len(frame) != _RESULT_SIZE or not frame.startswith(_RESULT):
            raise FrameError("not a result")
        if checksum(frame[:-1]) != frame[-1]:
            raise FrameError("wrong checksum")
        pulse, spo2 = frame[3], frame[4]
        return cls(None if pulse in _NONE else pulse, None if spo2 in _SPO2_NONE else spo2)

    def state(self) -> SignalState:
        """It does not tell a missing finger from a pulse that is still sought."""
        return SignalState.SEARCHING if self.pr is None and self.spo2 is None else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        return (quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.pr))


def _parts(data: bytes) -> Iterator[bytes]:
    """The results in one notification; a wave may stand before or after them, anything else ends it."""
    at = 0
    while at < len(data):
        if data.startswith(_WAVE, at):
            at += _WAVE_SIZE
        elif data.startswith(_RESULT, at):
            yield data[at : at + _RESULT_SIZE]
            at += _RESULT_SIZE
        else:
            return


class Decoder:
    """Notifications that hold no result (waves, answers to commands) are ignored."""

    def __init__(self) -> None:
        self._stream = StreamedOximeter(1)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        if source != uuid(NOTIFY):
            return [unexpected(source, data)]
        return [event for part in _parts(bytes(data)) for event in self._result(part)]

    def _result(self, part: bytes) -> list[Event]:
        try:
            result = Result.parse(part)
        except FrameError as error:
            return [Rejected(str(error), part)]
        return self._stream.frame(result.state(), None, result.quantities(), part)


def describe_result(data: bytes) -> dict[str, object]:
    result = Result.parse(data)
    return {"pr": result.pr, "spo2": result.spo2}


def describe_command(data: bytes) -> dict[str, object]:
    """Any command with a right checksum, also one that the kiosk would not send. Raises FrameError."""
    if len(data) < 2 or data[0] < 0x80 or checksum(data[:-1]) != data[-1]:
        raise FrameError("not a command")
    return {"opcode": data[0]}


DEVICE = Device(
    key="contec_ble",
    name="Contec CMS50D-BT",
    kind=Kind.OXIMETER,
    match=BleMatch(
        uuid(SERVICE), (uuid(NOTIFY),), names=NAMES, write=uuid(WRITE),
        start=(command(_CONNECT), command(_MODE), command(_START), command(_BATTERY)),
        keep_alive=command(_HEARTBEAT), keep_alive_s=_HEARTBEAT_S,
    ),
    metrics=(SPO2, PULSE_RATE),
    reference="Contec Bluetooth protocol",
    experimental=True,
    limits="its advertised names are not certain; a missing finger looks like a pulse that is sought",
    decoder=Decoder,
    protocols=(("contec_ble_result", describe_result), ("contec_ble_cmd", describe_command)),
)  # fmt: skip
