"""The one recording of a Contec with the old protocol: asked for with F5 F5, told as statistics.

First come live frames that were on their way, then three times F2 and the start (hour and minute, where
the unit has a clock; without a day that is no date), the length, and three bytes for each second. F6 F6 F6
makes it live again. Nothing has a checksum: a byte that is lost is betrayed by the high bits, and then
nothing is told.
Source: atbrask/CMS50Dplus, OSCAR (cms50_loader), and a download from a device.
"""

from devices import five_bytes
from devices.event import Event, FrameError, Recall, Rejected, Send, Signal, SignalState
from devices.recording import Statistics, ended, recorded

ASK, LIVE_AGAIN = bytes((0xF5, 0xF5)), bytes((0xF6, 0xF6, 0xF6))

_HEAD, _TRIO = 0xF2, 3
_LONGEST_S = 7 * 24 * 3600
_MOST_SKIPPED = 3_000  # bytes: live frames that were on their way, and noise


def may_send(command: bytes) -> bool:
    """There is one to hand over the recording, and one to be live again."""
    return command in (ASK, LIVE_AGAIN)


def length(data: bytes) -> int:
    """Bytes of a recording that follow. Raises FrameError."""
    if len(data) != _TRIO or data[0] < 0x80 or data[1] < 0x80 or data[2] >= 0x80:
        raise FrameError("not a length of three bytes")
    size = ((data[0] & 0x7F) << 14 | (data[1] & 0x7F) << 7 | data[2]) + 1
    if size % _TRIO:
        raise FrameError("not a whole number of records")
    return size


def second(data: bytes) -> tuple[int | None, int | None]:
    """Pulse rate and SpO2. Raises FrameError."""
    if len(data) != _TRIO or not _is_record(data):
        raise FrameError("not a record of three bytes")
    pulse = (data[0] & 1) << 7 | data[1] & 0x7F
    return five_bytes.pulse_rate(pulse), five_bytes.saturation(data[2])


def _is_record(data: bytes) -> bool:
    return data[0] & 0xFE == 0xF0 and data[1] >= 0x80 > data[2]


def _is_head(data: bytes) -> bool:
    return data[0] == _HEAD and data[1] >= 0x80 > data[2]


class Download:
    """From the question to the first live frame after the recording. Holds two bytes and its statistics."""

    def __init__(self) -> None:
        self._held = b""
        self._head = b""
        self._left: int | None = None
        self._skipped = 0
        self._statistics = Statistics()
        self._is_told_to_be_live = self._is_over = False

    def begin(self) -> list[Event]:
        return [Send(ASK), Signal(SignalState.HANDING_OVER)]

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        before = self._head, self._statistics.values
        try:
            self._held = self._rest(self._held + data)
        except FrameError as error:
            return [Rejected(str(error), self._head), *ended(Recall.FAILED, LIVE_AGAIN)]
        goes_on = before != (self._head, self._statistics.values)
        events: list[Event] = [Signal(SignalState.HANDING_OVER)] if goes_on else []
        if self._left == 0 and not self._is_told_to_be_live:
            self._is_told_to_be_live = True
            events.append(Send(LIVE_AGAIN))
        return [*events, *self._told()] if self._is_over else events

    def give_up(self) -> list[Event]:
        """All may have come: some units say nothing more until they are switched off and on."""
        return self._told() if self._left == 0 else ended(Recall.FAILED, LIVE_AGAIN)

    def _told(self) -> list[Event]:
        return [recorded(self._statistics.quantities(), self._head), *ended(Recall.TAKEN)]

    def _rest(self, held: bytes) -> bytes:
        """What is too short to be understood yet. Raises FrameError."""
        at = 0
        while len(held) - at >= _TRIO and not self._is_over:
            at += self._take(held[at : at + _TRIO])
        return held[at:]

    def _take(self, trio: bytes) -> int:
        """How many bytes are done with. Raises FrameError."""
        if self._left == 0:
            self._end(trio)
        elif self._left is not None:
            self._statistics.add(second(trio)[1])
            self._left -= _TRIO
        elif _is_head(trio):
            self._head = trio
        elif self._head:
            self._begin(trio)
        else:
            self._skip()
            return 1
        return _TRIO

    def _begin(self, trio: bytes) -> None:
        self._left = length(trio)
        self._head += trio
        if self._left > _LONGEST_S * _TRIO:
            raise FrameError("a recording that is longer than any memory")

    def _skip(self) -> None:
        self._skipped += 1
        if self._skipped > _MOST_SKIPPED:
            raise FrameError("no recording begins")

    def _end(self, trio: bytes) -> None:
        """A recording that goes on is not the one that its length was said of."""
        if _is_record(trio):
            raise FrameError("more records than it said")
        self._is_over = True
