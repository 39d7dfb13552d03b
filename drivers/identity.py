"""Which camera or sound input a site means: a text that stays true when it is plugged in again. Pure.

`usb:VENDOR:PRODUCT` or `usb:VENDOR:PRODUCT:SERIAL` (hexadecimal, as `lsusb` prints them; `usb:` may be left
out), `path:WHERE` for one of two that are alike, or what it is called (`name:` may be left out).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

_USB = re.compile(r"(?:usb:)?([0-9a-f]{4}):([0-9a-f]{4})(?::(.*))?", re.IGNORECASE)


class Unit(Protocol):
    """What is known of one. `names`: what it is called, lasting first; `path`: where it is plugged in."""

    @property
    def usb_id(self) -> tuple[int, int] | None: ...
    @property
    def serial(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...


_AnyUnit = TypeVar("_AnyUnit", bound=Unit)


def is_well_formed(chosen: str) -> bool:
    """False for what can never mean anything: `usb:` without two numbers, `path:` or `name:` alone."""
    kind, colon, value = chosen.partition(":")
    if kind == "usb" and colon:
        return _USB.fullmatch(chosen) is not None
    return not (kind in ("path", "name") and colon and not value)


def is_meant(chosen: str, unit: Unit) -> bool:
    """True when `chosen` means this unit; "" means none.

    Sound servers write `MAKER_MODEL_SERIAL` for a serial number.
    """
    usb = _USB.fullmatch(chosen)
    if usb is not None:
        serial = usb[3] or ""
        same = unit.usb_id == (int(usb[1], 16), int(usb[2], 16))
        return same and (not serial or unit.serial == serial or unit.serial.endswith(f"_{serial}"))
    if chosen.startswith("path:"):
        return unit.path == chosen.removeprefix("path:")
    return bool(chosen) and chosen.removeprefix("name:") in unit.names


def meant(chosen: str, units: Iterable[_AnyUnit]) -> _AnyUnit | None:
    """The first that `chosen` means, None when it is not there."""
    return next((unit for unit in units if is_meant(chosen, unit)), None)


def identity_of(unit: Unit, present: Sequence[Unit]) -> str:
    """The text that means this unit and no other of those present; of two that are alike, by its path."""
    found = (each for each in _candidates(unit) if sum(is_meant(each, other) for other in present) == 1)
    return next(found, f"name:{unit.names[0]}")


def _candidates(unit: Unit) -> list[str]:
    usb = ""
    if unit.usb_id is not None:
        number = f"usb:{unit.usb_id[0]:04x}:{unit.usb_id[1]:04x}"
        usb = f"{number}:{unit.serial}" if unit.serial else number
    path = f"path:{unit.path}" if unit.path else ""
    return [each for each in (usb, path) if each] + [f"name:{name}" for name in unit.names if name]
