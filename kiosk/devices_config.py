"""The section [devices] of the settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.identity import is_well_formed

KINDS = (
    "oximeter", "cuff", "thermometer", "scale", "glucometer", "heart_rate_monitor", "ecg", "otoscope",
    "stethoscope",
)  # fmt: skip
_PAIRS = (("otoscope", "face_camera"), ("stethoscope", "microphone"))
_BOARD = re.compile(r"usb:[0-9a-f]{4}:[0-9a-f]{4}:.+|ble:[0-9A-F]{2}(:[0-9A-F]{2}){5}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RATES_HZ = (4_000, 48_000)
_MOST_BAUD = 4_000_000
_BITS = 20  # of a sample on a serial line: two bytes, each with a start and a stop bit


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DevicesConfig:
    """Which camera and which sound input serve for what; empty means: the first that fits.

    Each as `drivers.identity` writes it: "usb:0d8c:0014", "usb:0d8c:0014:SERIAL", a path, or a name.
    `expected`: the kinds of instrument this site owns, one that it owns twice is named twice; the self-test
    is red when one is missing. `units`: its Bluetooth instruments, each by its address or its serial number,
    beside those that a technician declares.
    `stethoscope_stream`: a board that streams bare samples, "usb:10c4:ea60:SERIAL" or "ble:ADDRESS"; its rate
    and the rest are what the catalogue declares (`serial_stethoscope`, `ble_stethoscope`), unless said here.
    """

    face_camera: str = ""
    otoscope: str = ""
    microphone: str = ""
    stethoscope: str = ""
    speaker: str = ""
    bluetooth: bool = True
    expected: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    stethoscope_stream: str = ""
    stethoscope_rate_hz: int = 4_000
    stethoscope_baud: int = 115_200
    stethoscope_characteristic: str = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"

    @property
    def board_address(self) -> str:
        """Of the board that streams by Bluetooth."""
        link, _, address = self.stethoscope_stream.partition(":")
        return address if link == "ble" else ""

    @property
    def own_units(self) -> tuple[str, ...]:
        """All Bluetooth units that are named here."""
        return (*self.units, self.board_address) if self.board_address else self.units

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
        yield from self._board_faults()

    def _board_faults(self) -> Iterator[tuple[str, str]]:
        stream, rate_hz, (least_hz, most_hz) = self.stethoscope_stream, self.stethoscope_rate_hz, _RATES_HZ
        if stream and not _BOARD.fullmatch(stream):
            yield "stethoscope_stream", 'must be "usb:10c4:ea60:SERIAL" as lsusb says it, or "ble:ADDRESS"'
        if stream and self.stethoscope:
            yield "stethoscope", "devices.stethoscope_stream names another: leave one of them out"
        if self.board_address and not self.bluetooth:
            yield "stethoscope_stream", "needs devices.bluetooth = true"
        if not least_hz <= rate_hz <= most_hz:
            yield "stethoscope_rate_hz", f"must be {least_hz} to {most_hz}"
        if not (self.board_address or _BITS * rate_hz <= self.stethoscope_baud <= _MOST_BAUD):
            range_ = f"{_BITS * rate_hz} to {_MOST_BAUD}"
            yield "stethoscope_baud", f"must be {range_} for {rate_hz} samples a second"
        if not _UUID.fullmatch(self.stethoscope_characteristic):
            yield "stethoscope_characteristic", "must be a full UUID in small letters"
