"""BMD101 ECG boards: one lead at 512 samples a second, streamed as soon as it has power.

AA AA, length, rows, complement of the rows' sum. A row is a code and one byte, or, from code 80 on, a code, a
length and so many bytes. Source: the ThinkGear serial layout as BMD101-plotter reads it.

The wave is shown and sent, and that is all: the rate that the chip computes is no reading, and of the lead
nobody knows where it was placed.
"""

from collections.abc import Iterator

from devices.device import Device, SerialMatch
from devices.event import Event, FrameError, Rejected, Signal, SignalState
from devices.framing import LengthFramer
from devices.metrics import ECG
from devices.reading import Kind
from devices.wave import WaveChunks

RATE_HZ, SAMPLES_PER_CHUNK = 512, 64
_START = b"\xaa\xaa"
_HEAD = 3  # start, length of the rows
_LONGEST = 0xA9
_SIGNAL, _RATE, _RAW = 0x02, 0x03, 0x80
_LONG_ROWS, _RAW_BYTES = 0x80, 2
_OFF, _GOOD = 0, 200
_ONE_SAMPLE = _START + bytes((2 + _RAW_BYTES, _RAW, _RAW_BYTES))
_EVIDENCE_BYTES = 64


def checksum(rows: bytes) -> int:
    """The complement of their sum, in eight bits."""
    return ~sum(rows) & 0xFF


def _size_of(head: bytes) -> int:
    return _HEAD + head[2] + 1 if 0 < head[2] <= _LONGEST else 0


def _is_sound(frame: bytes) -> bool:
    return sum(frame[_HEAD:]) & 0xFF == 0xFF  # what a complement adds up to


def _rows(rows: bytes) -> Iterator[tuple[int, bytes]]:
    """Raises FrameError when one goes beyond the end."""
    at = 0
    while at < len(rows):
        code, is_long = rows[at], rows[at] >= _LONG_ROWS
        start = at + 1 + is_long
        at = start + (rows[start - 1] if is_long and start <= len(rows) else 1)
        if at > len(rows):
            raise FrameError("a row goes beyond the end")
        yield code, rows[start:at]


def parse(frame: bytes) -> list[tuple[int, int]]:
    """Codes that are known (signal, rate, raw) with their numbers, in order. Raises FrameError."""
    if len(frame) <= _HEAD or not frame.startswith(_START) or len(frame) != _size_of(frame):
        raise FrameError("not a frame")
    if not _is_sound(frame):
        raise FrameError("wrong checksum")
    found = []
    for code, data in _rows(frame[_HEAD:-1]):
        if code == _RAW and len(data) != _RAW_BYTES:
            raise FrameError("a sample has two bytes")
        if code in (_SIGNAL, _RATE, _RAW):
            found.append((code, int.from_bytes(data, "big", signed=code == _RAW)))
    return found


class Decoder:
    """The wave while the electrodes are on, and once a second what the chip says of them."""

    def __init__(self) -> None:
        self._framer = LengthFramer(_START, _HEAD, _size_of, _is_sound)
        self._wave = WaveChunks(ECG, RATE_HZ, SAMPLES_PER_CHUNK)
        self._is_off = False

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [*self._wave.lost(), part]
        if part.startswith(_ONE_SAMPLE):  # 512 a second, of which the framer has found the sum right
            return [] if self._is_off else self._wave.add(int.from_bytes(part[5:7], "big", signed=True))
        try:
            found = parse(part)
        except FrameError as error:
            return [*self._wave.lost(), Rejected(str(error), part[:_EVIDENCE_BYTES])]
        return [event for code, number in found for event in self._row(code, number)]

    def _row(self, code: int, number: int) -> list[Event]:
        if code == _SIGNAL:
            return self._quality(number)
        if code == _RAW and not self._is_off:
            return self._wave.add(number)
        return []

    def _quality(self, number: int) -> list[Event]:
        """Without electrodes it goes on sending: that is no heart's, and not shown."""
        self._is_off = number == _OFF
        if self._is_off:
            return [*self._wave.lost(), Signal(SignalState.SENSOR_OFF)]
        return [Signal(SignalState.MEASURING if number == _GOOD else SignalState.POOR_SIGNAL)]


_NAMES = {_SIGNAL: "signal", _RATE: "hr", _RAW: "raw"}


def describe(data: bytes) -> dict[str, object]:
    """The last of each row that is known. Raises FrameError."""
    return {_NAMES[code]: number for code, number in parse(data)}


DEVICE = Device(
    key="bmd101",
    name="BMD101 ECG",
    kind=Kind.ECG,
    match=SerialMatch(usb_ids=((0x10C4, 0xEA60),), baud=57600, checked=True),
    metrics=(ECG,),
    reference="ThinkGear serial layout, BMD101-plotter",
    experimental=True,
    limits="its USB bridge is assumed; a live wave alone: nothing is stored; its own heart rate is not told",
    decoder=Decoder,
    protocols=(("thinkgear", describe),),
)
