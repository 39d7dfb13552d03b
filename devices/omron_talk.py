"""The conversation with an Omron cuff about its memory: the key, the clock, and each user's newest result.

Sources: as of omron_eeprom. In its pairing mode a cuff is given the key; otherwise it is shown the key, and
one that knows another ends the conversation there.
"""

from devices.event import ClockShown, Done, Event, FrameError, Measured, Outcome, Send
from devices.gatt import rejected, unexpected
from devices.measuring import measured
from devices.omron_eeprom import (
    ASK,
    CHANNELS,
    END,
    ENDED,
    IS_ENCRYPTED,
    SET_KEY,
    SHOW_KEY,
    START,
    UNLOCK,
    Frame,
    Pieces,
    read,
)
from devices.omron_records import BLOCK, CLOCK, INDEX, Layout, Record, clock, is_empty
from devices.reading import Quality

_AGAIN = 2  # times that a question is repeated when its answer is damaged
_ELSEWHERE = "an answer to another question"
_NOTHING = Send(b"")


class Decoder:
    """One conversation. Which user's result is the new one is not told by their raw dates: the clock may have
    been set in between.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._pieces = Pieces()
        self._asked = _NOTHING
        self._again = 0
        self._to_read: list[int] = []
        self._outcome = Outcome.FINISHED

    def begin(self, pairing: bool) -> list[Event]:
        return [self._ask(IS_ENCRYPTED if pairing else SHOW_KEY, UNLOCK)]

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """One notification."""
        if source not in (UNLOCK, *CHANNELS):
            return [unexpected(source, data)]
        try:
            if source == UNLOCK:
                return self._key_answered(bytes(data))
            frame = self._pieces.put(CHANNELS.index(source), bytes(data))
            return [] if frame is None else self._framed(frame)
        except FrameError as error:
            return [rejected(str(error), data)]

    def unanswered(self) -> list[Event]:
        """The cuff may go, once it was told that this is the end."""
        return [self._done(self._outcome)] if self._asked.command == END else []

    def _ask(self, command: bytes, to: str = ASK) -> Send:
        self._asked, self._again = Send(command, to), _AGAIN
        return self._asked

    def _done(self, outcome: Outcome) -> Done:
        self._asked = _NOTHING
        return Done(outcome)

    def _key_answered(self, data: bytes) -> list[Event]:
        """81 01: it knows another key; 81 04: the link is not encrypted; 80 01: it has one, perhaps ours."""
        asked = self._asked
        if asked.to != UNLOCK or not data or data[0] != asked.command[0] | 0x80:
            raise FrameError(_ELSEWHERE)
        if any(data[1:2]) and asked.command != SET_KEY:
            refused = rejected(f"it refuses with {data[:2].hex()}", data)
            return [refused, self._done(Outcome.NOT_LET_IN)]
        if asked.command == SHOW_KEY:
            return [self._ask(START)]
        return [self._ask(SET_KEY if asked.command == IS_ENCRYPTED else SHOW_KEY, UNLOCK)]

    def _framed(self, frame: bytes) -> list[Event]:
        try:
            found = Frame.parse(frame)
        except FrameError as error:
            return [rejected(str(error), frame), *self._once_more()]
        if self._asked.to != ASK:
            raise FrameError(_ELSEWHERE)
        if found.type == ENDED and self._asked.command != END:
            return self._broken_off(found, frame)
        if not found.answers(self._asked.command):
            raise FrameError(_ELSEWHERE)
        return self._answered(found, frame)

    def _broken_off(self, found: Frame, frame: bytes) -> list[Event]:
        why = rejected(f"it ends the conversation with {found.result:02x}", frame)
        return [why, self._done(Outcome.NOT_UNDERSTOOD)]

    def _once_more(self) -> list[Event]:
        if self._asked.to != ASK or not self._again:
            return []
        self._again -= 1
        return [self._asked]

    def _answered(self, found: Frame, frame: bytes) -> list[Event]:
        if self._asked.command == END:
            return [self._done(self._outcome)]
        if self._asked.command == START:
            if found.result:
                return self._broken_off(found, frame)
            self._to_read = [CLOCK, INDEX]
            return self._next()
        try:
            return [*self._read(found, frame), *self._next()]
        except FrameError as error:
            self._to_read, self._outcome = [], Outcome.NOT_UNDERSTOOD
            return [rejected(str(error), frame), self._ask(END)]

    def _read(self, found: Frame, frame: bytes) -> list[Event]:
        """May raise FrameError. A slot that it does not hand out is an empty one."""
        if found.address == CLOCK:
            shown = clock(found.data).known()
            return [ClockShown(shown)] if shown else []
        if found.address == INDEX:
            self._to_read += self._layout.newest(found.data)
        elif found.data and not is_empty(found.data):
            return [_result(Record.parse(found.data), frame)]
        return []

    def _next(self) -> list[Event]:
        if self._to_read:
            return [self._ask(read(self._to_read.pop(0), BLOCK))]
        return [self._ask(END)]


def _result(record: Record, frame: bytes) -> Measured:
    return measured(record.quantities(), record.quality() | {Quality.FROM_MEMORY}, frame, record.taken)
