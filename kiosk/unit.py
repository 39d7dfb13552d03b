"""One Bluetooth instrument as a thing that somebody owns, and when two descriptions mean the same. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from devices.reading import DeviceIdentity
from drivers.instrument import InstrumentStatus

_BLUETOOTH = "ble:"
_SHORTEST_SERIAL = 4
_COUNTED = "0123456789" * 2  # a maker who numbers nothing writes "12345678" into every unit


class How(StrEnum):
    """Why a unit belongs to this kiosk, or that nobody knows that it does."""

    CONFIGURED = "configured"
    DECLARED = "declared"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Unit:
    """`address` in capitals; `model` and `serial` as the unit says them, empty when it does not.

    `kind`: what it does, as `devices.reading.Kind` writes it; empty until it was seen.
    """

    address: str
    model: str = ""
    serial: str = ""
    kind: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.model, self.serial, self.address) if part)

    def is_named(self, text: str) -> bool:
        """By its address or its serial number, as the site's settings name it."""
        return bool(text) and (text.upper() == self.address or text == self.serial)

    def is_same(self, other: "Unit") -> bool:
        """By the address; or by model and serial number, for some change their address with the battery."""
        return self.address == other.address or (self._tells and self._said == other._said)

    def says_as_much_as(self, other: "Unit") -> bool:
        return self._said == other._said

    @property
    def _said(self) -> tuple[str, str]:
        return self.model, self.serial

    @property
    def _tells(self) -> bool:
        """Its serial number is one: not a word, a row of zeros or 12345678, which its neighbours have too."""
        digits = {letter for letter in self.serial if letter.isdigit()}
        long_enough = len(self.serial) >= _SHORTEST_SERIAL
        return bool(self.model) and long_enough and len(digits) > 1 and self.serial not in _COUNTED


def unit_of(identity: DeviceIdentity) -> Unit | None:
    """None for what is plugged in: that is the kiosk's own."""
    address = _address(identity.address)
    return Unit(address, identity.model, identity.serial) if address else None


def identity_seen(status: InstrumentStatus) -> DeviceIdentity:
    """Also before it has said who it is: by where it was found."""
    identity = status.identity
    return identity if identity is not None and identity.address else DeviceIdentity("", address=status.id)


def _address(id_: str) -> str:
    kind, _, address = id_.partition(":")
    return address.upper() if f"{kind}:" == _BLUETOOTH and ":" in address else ""
