"""Cameras and sound inputs that the site has named: one that is not there is called by that name. Pure."""

from collections.abc import Iterable

from devices.reading import Kind
from drivers.instrument import Reason
from kiosk.choices import Role, chosen_parts
from kiosk.devices_config import DevicesConfig
from kiosk.selftest.report import Check, Part, Problem, red

ALWAYS = (Kind.CAMERA.value, Kind.MICROPHONE.value)
_OWNED = (Role.OTOSCOPE, Role.STETHOSCOPE)
_MISSING = {(Problem.NOT_FOUND, ""), (Problem.NOT_WORKING, Reason.UNPLUGGED.value)}


def expected_kinds(devices: DevicesConfig) -> tuple[str, ...]:
    """What every kiosk needs for a call, what the site owns, as often as it does, and what it has named."""
    named = (role.value for role in chosen_parts(devices) if role in _OWNED)
    return (*ALWAYS, *devices.expected, *(role for role in named if role not in devices.expected))


def name_chosen(checks: Iterable[Check], devices: DevicesConfig) -> tuple[Check, ...]:
    """The same checks: a part that was chosen and is not there is a fault of its own."""
    chosen = {Part(role.value): name for role, name in chosen_parts(devices).items()}
    return tuple(
        red(check.part, Problem.CHOSEN_MISSING, chosen[check.part], check.detail)
        if check.part in chosen and (check.problem, check.detail) in _MISSING
        else check
        for check in checks
    )
