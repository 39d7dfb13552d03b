"""Recordings that a device keeps: asked for one at a time, and told as statistics. Pure.

A recording of a night is no spot check and thousands of values: what is told of one is when it began, how
long it is, and its lowest and average SpO2 (docs/decisions/0023).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol, runtime_checkable

from devices.device import Decoder
from devices.event import Event, Measured, Recall, Recalled, Send
from devices.ieee11073 import DateTime
from devices.measuring import measured, quantity
from devices.metrics import RECORDED, SPO2_AVERAGE, SPO2_LOWEST, SPO2_RECORDED
from devices.reading import Quality, Quantity

METRICS = (RECORDED, SPO2_RECORDED, SPO2_LOWEST, SPO2_AVERAGE)
_TENTH = Decimal("0.1")
_RECORDING = frozenset({Quality.RECORDING, Quality.FROM_MEMORY})


@runtime_checkable
class Recalling(Protocol):
    """A decoder of a device whose newest recording can be asked for. Its answer ends with `Recalled`."""

    def recall(self) -> list[Event]:
        """What is to be sent first. Never called again before `Recalled`."""
        ...

    def give_up(self) -> list[Event]:
        """It takes too long, or is not wanted any more: what makes the device measure again, and `Recalled`.

        Nothing where no recording is being handed over.
        """
        ...


class Download(Protocol):
    """One recording, from the first question to `Recalled`."""

    def begin(self) -> list[Event]: ...
    def feed(self, data: bytes, source: str = "") -> list[Event]: ...
    def give_up(self) -> list[Event]: ...


class WithRecordings:
    """A decoder that is live until a recording is asked for, and live anew after that."""

    def __init__(self, live: Callable[[], Decoder], download: Callable[[], Download]) -> None:
        self._make = (live, download)
        self._live = live()
        self._download: Download | None = None

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        if self._download is None:
            return self._live.feed(data, source)
        return self._heard(self._download.feed(data, source))

    def recall(self) -> list[Event]:
        """See `Recalling`."""
        self._download = self._make[1]()
        return self._heard(self._download.begin())

    def give_up(self) -> list[Event]:
        """See `Recalling`."""
        return [] if self._download is None else self._heard(self._download.give_up())

    def _heard(self, events: list[Event]) -> list[Event]:
        if any(isinstance(event, Recalled) for event in events):
            self._download = None
            self._live = self._make[0]()
        return events


class Statistics:
    """Of the values of one recording, as they come: nothing else of them is held."""

    def __init__(self) -> None:
        self.values = 0
        self._with_value = 0
        self._sum = 0
        self._lowest: int | None = None

    def add(self, spo2: int | None) -> None:
        """None: there was no value."""
        self.values += 1
        if spo2 is not None:
            self._with_value += 1
            self._sum += spo2
            self._lowest = spo2 if self._lowest is None else min(self._lowest, spo2)

    def quantities(self) -> tuple[Quantity, ...]:
        """Of one value a second. The average is rounded to 0.1 %."""
        average = (Decimal(self._sum) / self._with_value).quantize(_TENTH) if self._with_value else None
        return (
            quantity(RECORDED, self.values),
            quantity(SPO2_RECORDED, self._with_value),
            quantity(SPO2_LOWEST, self._lowest),
            quantity(SPO2_AVERAGE, average),
        )


def recorded(quantities: tuple[Quantity, ...], raw: bytes, began: DateTime | None = None) -> Measured:
    """The event of a whole recording; `raw` is what the device says of it. `began` None: it has no date."""
    return measured(quantities, _RECORDING, raw, began, finished=True)


def ended(outcome: Recall, *commands: bytes) -> list[Event]:
    """What is still to be sent, and that it is over."""
    return [*(Send(command) for command in commands), Recalled(outcome)]
