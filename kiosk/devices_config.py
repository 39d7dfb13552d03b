"""The section [devices] of the settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.identity import is_well_formed

KINDS = (
    "oximeter", "cuff", "thermometer", "scale", "glucometer", "heart_rate_monitor", "ecg", "otoscope",
    "stethoscope",
)  # fmt: skip
_PAIRS = (("otoscope", "face_camera"), ("stethoscope", "microphone"))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DevicesConfig:
    """Which camera and which sound input serve for what; empty means: the first that fits.

    Each as `drivers.identity` writes it: "usb:0d8c:0014", "usb:0d8c:0014:SERIAL", a path, or a name.
    `expected`: the kinds of instrument this site owns, one that it owns twice is named twice; the self-test
    is red when one is missing. `units`: its
    Bluetooth instruments, each by its address or its serial number, beside those that a technician declares.
    """

    face_camera: str = ""
    otoscope: str = ""
    microphone: str = ""
    stethoscope: str = ""
    speaker: str = ""
    bluetooth: bool = True
    expected: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def faults(self) -> Iterator[tuple[str, str]]:
        """The keys that cannot be used, each with what is wrong."""
        for key in ("face_camera", "otoscope", "microphone", "stethoscope"):
            if not is_well_formed(getattr(self, key)):
                yield key, 'must be "usb:VENDOR:PRODUCT" in hexadecimal, with ":SERIAL" or without, or a name'
        for one, other in _PAIRS:
            if getattr(self, one) and getattr(self, one) == getattr(self, other):
                yield one, f"names the same part as devices.{other}"
        for kind in self.expected:
            if kind not in KINDS:
                yield "expected", f"{kind} is not one of {', '.join(KINDS)}"
        if not all(unit.strip() for unit in self.units):
            yield "units", "an address or a serial number cannot be empty"
