"""What the decoders of Bluetooth SIG characteristics share: UUIDs, fields, duplicates, dispatch."""

from collections import deque
from collections.abc import Callable, Mapping

from devices.event import Event, FrameError, Rejected
from devices.framing import LengthFramer
from devices.ieee11073 import DateTime, Number, date_time, float32, sfloat

_REMEMBERED_RESULTS = 256
_EVIDENCE_BYTES = 64


def uuid(short: int) -> str:
    """The full lower-case UUID of an assigned 16-bit number."""
    return f"0000{short:04x}-0000-1000-8000-00805f9b34fb"


def _full(characteristic: int | str) -> str:
    return characteristic if isinstance(characteristic, str) else uuid(characteristic)


class Fields:
    """Reads one characteristic value from the front; FrameError when it is too short or too long."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise FrameError(f"cut short: {end} bytes needed, {len(self._data)} there")
        part, self._at = self._data[self._at : end], end
        return part

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def sint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little", signed=True)

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return len(self._data) - self._at

    def sfloat(self) -> Number:
        return sfloat(self.take(2))

    def float32(self) -> Number:
        return float32(self.take(4))

    def date_time(self) -> DateTime:
        return date_time(self.take(7))

    def end(self) -> None:
        """Bytes that the flags do not announce mean that the numbers before them cannot be trusted."""
        if self.left:
            raise FrameError(f"{self.left} bytes more than the flags announce")


class GattDecoder:
    """A decoder that hands each characteristic to its method, and rejects what cannot be read.

    A result that carries a time stamp and arrives again byte for byte, on this connection or the next, is a
    redelivery (the device missed our confirmation), not a second measurement.
    """

    def __init__(self, characteristics: Mapping[int | str, Callable[[bytes], list[Event]]]) -> None:
        """By assigned number, or by full UUID where it is a maker's own."""
        self._decoders = {_full(name): decode for name, decode in characteristics.items()}
        self._seen: deque[tuple[str, bytes]] = deque(maxlen=_REMEMBERED_RESULTS)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """One value of the characteristic `source` (full lower-case UUID)."""
        decode = self._decoders.get(source)
        if decode is None:
            return [unexpected(source, data)]
        try:
            return decode(bytes(data))
        except FrameError as error:
            return [rejected(str(error), data)]

    def reconnected(self) -> None:
        """What was delivered before is still remembered (see `Remembering`)."""

    def _once(self, characteristic: int | str, data: bytes, stamped: bool) -> None:
        """FrameError when this stamped result was delivered before."""
        if not stamped:
            return
        result = (_full(characteristic), data)
        if result in self._seen:
            raise FrameError("duplicate")
        self._seen.append(result)


class FramedDecoder:
    """A decoder of one characteristic that carries a stream of frames; a subclass takes each."""

    def __init__(self, characteristic: str, framer: LengthFramer) -> None:
        self._characteristic = characteristic
        self._framer = framer

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """A piece of the stream, cut anywhere."""
        if source != self._characteristic:
            return [unexpected(source, data)]
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return self._lost(part)
        try:
            return self._frame(part)
        except FrameError as error:
            return [rejected(str(error), part)]

    def _lost(self, part: Rejected) -> list[Event]:
        """What was between two frames."""
        return [part]

    def _frame(self, frame: bytes) -> list[Event]:
        """One that the framer found sound. May raise FrameError."""
        raise NotImplementedError


def unexpected(source: str, data: bytes) -> Rejected:
    """A characteristic that this decoder did not subscribe to."""
    return rejected(f"unexpected characteristic {source[:36]!r}", data)


def rejected(reason: str, data: bytes) -> Rejected:
    return Rejected(reason, bytes(data[:_EVIDENCE_BYTES]))
