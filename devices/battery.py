"""How much is left in an instrument's battery. Pure.

Source: Battery Service 1.1 (180F), Battery Level (2A19). No specification says what is low: this is ours.
"""

from devices.event import Battery, Event

LEVEL = 0x2A19

_FULL_PCT, _LOW_PCT = 100, 20


def of_percent(percent: int) -> Battery | None:
    """None: nobody has as much."""
    return Battery(percent, percent <= _LOW_PCT) if percent <= _FULL_PCT else None


def of_level(value: bytes) -> Battery | None:
    """A value of 2A19; None when it is none."""
    return of_percent(value[0]) if len(value) == 1 else None


class BatteryNews:
    """What a stream says of its battery with each frame, told when it changes."""

    def __init__(self) -> None:
        self._told: Battery | None = None  # a changed one is told too

    def events(self, battery: Battery | None) -> list[Event]:
        """None: this frame says nothing of it."""
        if battery is None or battery == self._told:
            return []
        self._told = battery
        return [battery]
