"""Berry's BCI protocol: frames of five bytes, the same as notifications and over a serial line.

Source: as implemented independently by berry-oximeter and mykioxi.
"""

from dataclasses import dataclass

from devices import five_bytes
from devices.event import SignalState
from devices.reading import Quality, Quantity


@dataclass(frozen=True, slots=True)
class Frame:
    """`None` is "no value"."""

    strength: int
    no_signal: bool
    probe_unplugged: bool
    beep: bool
    pleth: int
    bar: int
    no_finger: bool
    searching: bool
    pr: int | None
    spo2: int | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        return cls(*five_bytes.fields(data))

    def state(self) -> SignalState:
        if self.probe_unplugged or self.no_finger:
            return SignalState.SENSOR_OFF
        if self.searching:
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if self.no_signal else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        return five_bytes.quantities(self.state(), self.spo2, self.pr)

    def quality(self) -> frozenset[Quality]:
        return frozenset({Quality.POOR_SIGNAL}) if self.no_signal else frozenset()


def describe(data: bytes) -> dict[str, object]:
    """One frame, or the frames of a notification. Raises FrameError."""
    size = five_bytes.SIZE
    frames = [Frame.parse(data[at : at + size]) for at in range(0, max(len(data), 1), size)]
    described = [{name: getattr(frame, name) for name in Frame.__slots__} for frame in frames]
    return described[0] if len(described) == 1 else {"frames": described}
