"""What the screens know at this moment, put together from the kiosk's events. Held by the window alone.

The first picture comes before the first event: the types of the events are not loaded for it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from devices.reading import Kind, Reading
    from kiosk.events import (
        CallChanged,
        CallCheck,
        DeliveryChanged,
        InstrumentStatus,
        Notice,
        PictureFrozen,
    )
    from kiosk.selftest.report import Report
    from kiosk.session import Session


class Fault(Enum):
    """Faults of the program itself, told to the helper as a notice like any other."""

    SLOT = "slot"
    COMMAND = "command"


Message: TypeAlias = "Notice | Fault"


class State:
    """Nothing of a person stays here once the session has left the screen."""

    def __init__(
        self, *, instruments: tuple[InstrumentStatus, ...] = (), call: CallChanged | None = None
    ) -> None:
        self.session: Session | None = None
        self.resume: Session | None = None
        self.instruments = instruments
        self.readings: list[Reading] = []
        self.set_aside: tuple[Reading, ...] = ()
        self.set_aside_more = 0
        self.messages: list[Message] = []
        self.waves: set[Kind] = set()  # what has drawn a curve in this session
        self.picture_held: PictureFrozen | None = None  # the helper is to be asked of which ear it is
        self.check: CallCheck | None = None
        self.last_check: CallCheck | None = None  # also of an earlier session: for the technician
        self.report: Report | None = None  # of the last self-test
        self._call = call
        self._delivery: DeliveryChanged | None = None

    @property
    def call(self) -> CallChanged:
        """Where the call stands: off until the kiosk says more of it."""
        if self._call is None:
            from kiosk.events import CallChanged, CallPhase

            self._call = CallChanged(CallPhase.OFF)
        return self._call

    @call.setter
    def call(self, call: CallChanged) -> None:
        self._call = call

    @property
    def delivery(self) -> DeliveryChanged:
        """What is still to be sent: nothing until the kiosk says otherwise, for it tells changes alone."""
        if self._delivery is None:
            from kiosk.events import DeliveryChanged

            self._delivery = DeliveryChanged(0, 0, 0, online=True)
        return self._delivery

    @delivery.setter
    def delivery(self, delivery: DeliveryChanged) -> None:
        self._delivery = delivery

    def set_session(self, session: Session | None) -> bool:
        """Take the session; True when it is another one: everything of the one before is gone."""
        other = (session and session.id) != (self.session and self.session.id)
        if other:
            self.readings.clear()
            self.set_aside, self.set_aside_more = (), 0
            self.waves.clear()
            self.picture_held = None
            self._call = None
            self.check = None
        self.session = session
        if session is not None:
            self.resume = None
        return other

    def add_reading(self, reading: Reading) -> None:
        if all(known.id != reading.id for known in self.readings):
            self.readings.append(reading)

    def latest(self) -> dict[Kind, Reading]:
        """The last of each kind; what the helper attached, or a recording, only where there is no other."""
        from devices.reading import Quality

        other = {Quality.ATTACHED_BY_HELPER, Quality.RECORDING}
        others_first = sorted(self.readings, key=lambda reading: other.isdisjoint(reading.quality))
        return {reading.kind: reading for reading in others_first}

    def add_message(self, message: Message) -> None:
        """The newest comes last; one that is already there is not repeated."""
        if _what(message) not in [_what(known) for known in self.messages]:
            self.messages.append(message)

    def measured(self, kind: Kind) -> bool:
        """A recording is no measurement of now."""
        from devices.reading import Quality

        now = (reading for reading in self.readings if Quality.RECORDING not in reading.quality)
        return any(reading.kind is kind for reading in now)


def _what(message: Message) -> object:
    return message if isinstance(message, Fault) else message.reason
