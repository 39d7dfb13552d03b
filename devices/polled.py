"""Results that a device gives each time that it is asked, until the next one: which of them are new."""

from collections.abc import Hashable

from devices.event import Event, Measured, Signal, SignalState
from devices.measuring import measured
from devices.reading import Quality, Quantity


class Shown:
    """What was there before the first look is of an unknown time, perhaps of another patient: never told.

    A result that is the same as the one before cannot be told from it either.
    """

    def __init__(self) -> None:
        self._has_looked = False
        self._last: Hashable = None

    def events(
        self,
        result: Hashable,
        quantities: tuple[Quantity, ...],
        frame: bytes,
        quality: frozenset[Quality] = frozenset(),
    ) -> list[Event]:
        """That the device is there, and what it measured, when no look before showed this result."""
        ready: list[Event] = [Signal(SignalState.READY)]
        return [*ready, measured(quantities, quality, frame)] if self.is_new(result) else ready

    def is_new(self, result: Hashable) -> bool:
        """Whether this look shows a result that none before did. None: there is none, or none at present."""
        new = self._has_looked and result is not None and result != self._last
        self._has_looked = True
        if result is not None:
            self._last = result
        return new


class Once:
    """Of one connection: a memory that is asked again gives the same result again, with the same date.

    On the next connection it is told anew, as somebody may mean it: whoever takes it knows it again.
    """

    def __init__(self) -> None:
        self._told: Hashable = None

    def events(self, result: Measured) -> list[Event]:
        act = result.device_time, result.quantities
        told, self._told = self._told, act
        return [] if act == told else [result]
