"""The newest recording of a Contec with protocol V7.0, one question after the other, told as statistics.

Realtime is stopped; how many segments there are (0A), when each began (07 and 12), how long the newest is
(08), then its data (0F: three seconds a packet, or 09: one, with a perfusion index). At the end realtime
begins anew. A packet that cannot be read among the data, or more of them than announced: nothing is told.
Source: Contec "Communication protocol of pulse oximeter V7.0"; OSCAR (cms50f37_loader), timegrid/CMS50Dplus7.
"""

from devices.contec_v7 import REALTIME, Command, Framer, command, stored, unpack
from devices.event import Event, FrameError, Recall, Rejected, Send, Signal, SignalState
from devices.ieee11073 import DateTime
from devices.recording import Statistics, ended, recorded

_SECOND_BYTES = {0x0F: 2, 0x09: 4}
_AFTER = (REALTIME, 0x0B, 0x0C, 0x0D)  # live again, or an answer to the end of the data
_LONGEST_S = 7 * 24 * 3600
_LIVE_AGAIN = (command(Command.STOP_DATA), command(Command.START))


class Download:
    """From the question to the first packet after the data. Holds one packet and its statistics."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._asked = Command.STOP
        self._user = self._segment = self._segments = 0
        self._date = b""
        self._newest: tuple[bytes, int] = (b"", 0)
        self._said = b""
        self._left = 0
        self._statistics = Statistics()
        self._is_over = False

    def begin(self) -> list[Event]:
        return self._ask(Command.STOP)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        events: list[Event] = []
        try:
            for part in self._framer.answers(data):
                events += self._part(part)
                if self._is_over:
                    break
        except FrameError as error:
            return [*events, Rejected(str(error), self._said), *ended(Recall.FAILED, *_LIVE_AGAIN)]
        return events

    def give_up(self) -> list[Event]:
        """All may have come, and only the answer to the last command is missing."""
        is_complete = self._asked is Command.STOP_DATA
        return self._told() if is_complete else ended(Recall.FAILED, *_LIVE_AGAIN)

    def _ask(self, what: Command) -> list[Event]:
        self._asked = what
        return [Send(command(what, self._user, self._segment)), Signal(SignalState.HANDING_OVER)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        """What lies between packets may be of the stream that was stopped, but not among the data."""
        if not isinstance(part, Rejected):
            return self._answer(*unpack(part))
        if self._asked is Command.DATA:
            raise FrameError(part.reason)
        return [part]

    def _answer(self, kind: int, data: bytes) -> list[Event]:
        match self._asked, kind:
            case Command.STOP, 0x0B | 0x0C:
                return [*self._ask(Command.SEGMENTS)]
            case Command.SEGMENTS, 0x0A:
                return self._counted(*data)
            case Command.START_TIME, 0x07:
                self._date = data[2:6]
            case Command.START_TIME, 0x12 if self._date:
                return self._dated(self._date + data[2:5])
            case Command.LENGTH, 0x08:
                return self._measured_out(int.from_bytes(data[2:6], "little"))
            case Command.DATA, 0x09 | 0x0F:
                return self._heard(kind, data)
            case Command.STOP_DATA, 0x09 | 0x0F:
                raise FrameError("more data than it said")
            case Command.STOP_DATA, _ if kind in _AFTER:
                return self._told()
        return []

    def _counted(self, user: int, segments: int) -> list[Event]:
        self._user, self._segments = user, segments
        if segments:
            return self._ask(Command.START_TIME)
        self._is_over = True
        return ended(Recall.NONE, *_LIVE_AGAIN)

    def _dated(self, began: bytes) -> list[Event]:
        """The newest is the one that began last; of those that no clock has dated, the last."""
        self._newest = max(self._newest, (began, self._segment))
        self._date = b""
        self._segment += 1
        if self._segment < self._segments:
            return self._ask(Command.START_TIME)
        self._segment = self._newest[1]
        return self._ask(Command.LENGTH)

    def _measured_out(self, size: int) -> list[Event]:
        if not 0 < size <= _LONGEST_S * max(_SECOND_BYTES.values()):
            raise FrameError(f"a recording of {size} bytes")
        self._left = size
        self._said = self._newest[0] + size.to_bytes(4, "little")
        return self._ask(Command.DATA)

    def _heard(self, kind: int, data: bytes) -> list[Event]:
        """The last packet may be filled up."""
        for spo2, _ in stored(kind, data):
            if self._left:
                self._statistics.add(spo2)
                self._left -= _SECOND_BYTES[kind]
        if self._left < 0:
            raise FrameError("not a whole number of seconds")
        if self._left:
            return [Signal(SignalState.HANDING_OVER)]
        self._asked = Command.STOP_DATA
        return [Signal(SignalState.HANDING_OVER), *(Send(each) for each in _LIVE_AGAIN)]

    def _told(self) -> list[Event]:
        self._is_over = True
        event = recorded(self._statistics.quantities(), self._said, _date_time(self._newest[0]))
        return [event, *ended(Recall.TAKEN)]


def _date_time(began: bytes) -> DateTime:
    """Of the date in a packet 07 and the time in a packet 12; units without a clock send zeros."""
    century, year, month, day, hour, minute, second = began
    return DateTime(century * 100 + year, month, day, hour, minute, second)
