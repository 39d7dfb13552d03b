"""What the screens know at this moment, put together from the kiosk's events. Held by the window alone."""

from dataclasses import dataclass, field
from enum import Enum

from devices.reading import Kind, Reading
from kiosk.events import (
    CallChanged,
    CallPhase,
    DeliveryChanged,
    InstrumentState,
    InstrumentStatus,
    Notice,
)
from kiosk.session import Session

_WORKING = (InstrumentState.READY, InstrumentState.MEASURING, InstrumentState.POOR_SIGNAL)
_TROUBLE = (InstrumentState.LOST, InstrumentState.FAULTY)
_OF_THE_CALL = (Kind.CAMERA, Kind.MICROPHONE)
_SHY = (Kind.CUFF, Kind.THERMOMETER)
_NO_CALL = CallChanged(CallPhase.OFF)
_NO_DELIVERY = DeliveryChanged(0, 0, 0, online=True)


class Fault(Enum):
    """Faults of the program itself, told to the helper as a notice like any other."""

    SLOT = "slot"
    COMMAND = "command"


Message = Notice | Fault


@dataclass(slots=True)
class State:
    """Nothing of a person stays here once the session has left the screen."""

    session: Session | None = None
    resume: Session | None = None
    instruments: tuple[InstrumentStatus, ...] = ()
    call: CallChanged = _NO_CALL
    delivery: DeliveryChanged = _NO_DELIVERY
    readings: list[Reading] = field(default_factory=list)
    set_aside: list[Reading] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def set_session(self, session: Session | None) -> bool:
        """Take the session; True when it is another one: everything of the one before is gone."""
        other = (session and session.id) != (self.session and self.session.id)
        if other:
            self.readings.clear()
            self.set_aside.clear()
            self.call = _NO_CALL
        self.session = session
        if session is not None:
            self.resume = None
        return other

    def add_reading(self, reading: Reading) -> None:
        if all(known.id != reading.id for known in self.readings):
            self.readings.append(reading)

    def add_set_aside(self, reading: Reading) -> None:
        if all(known.id != reading.id for known in self.set_aside):
            self.set_aside.append(reading)

    def add_message(self, message: Message) -> None:
        """The newest comes last; one that is already there is not repeated."""
        if _what(message) not in [_what(known) for known in self.messages]:
            self.messages.append(message)

    def working(self) -> tuple[InstrumentStatus, ...]:
        return tuple(i for i in self.instruments if i.state in _WORKING)

    def listed(self) -> tuple[InstrumentStatus, ...]:
        """What a helper handles; the call's own camera and microphone only when they fail."""
        return tuple(i for i in self.instruments if i.kind not in _OF_THE_CALL or i.state in _TROUBLE)

    def can_measure(self, kind: Kind) -> bool:
        """A cuff or a thermometer shows itself only by measuring: not seen yet is good enough."""
        good = (*_WORKING, InstrumentState.ABSENT) if kind in _SHY else _WORKING
        return any(i.kind is kind and i.state in good for i in self.instruments)

    def in_trouble(self) -> tuple[InstrumentStatus, ...]:
        return tuple(i for i in self.instruments if i.state in _TROUBLE)

    def measured(self, kind: Kind) -> bool:
        return any(reading.kind is kind for reading in self.readings)

    def is_measuring(self, kind: Kind) -> bool:
        return any(i.kind is kind and i.state is InstrumentState.MEASURING for i in self.instruments)


def _what(message: Message) -> object:
    return message.reason if isinstance(message, Notice) else message
