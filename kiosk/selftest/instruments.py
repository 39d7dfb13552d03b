"""One check per kind of instrument the site owns, and per camera and sound device every kiosk needs."""

from collections.abc import Iterable

from devices.reading import Kind
from drivers.instrument import InstrumentState, InstrumentStatus
from kiosk.selftest.report import Check, Part, Problem, amber, green, red

_SHY = (Kind.CUFF, Kind.THERMOMETER)
_BAD = {InstrumentState.LOST, InstrumentState.FAULTY}


ALWAYS = (Kind.CAMERA.value, Kind.MICROPHONE.value)


def expected_kinds(configured: Iterable[str]) -> tuple[str, ...]:
    """What the site owns, and what every kiosk needs for a call."""
    return (*ALWAYS, *configured)


def check_kinds(expected: Iterable[str], statuses: Iterable[InstrumentStatus]) -> tuple[Check, ...]:
    """Every expected kind, and every instrument that is there whether expected or not."""
    by_kind: dict[str, list[InstrumentStatus]] = {kind: [] for kind in expected}
    for status in statuses:
        if status.state is not InstrumentState.ABSENT:
            by_kind.setdefault(status.kind.value, []).append(status)
    return tuple(check for kind, found in by_kind.items() for check in _check_kind(Kind(kind), found))


def _check_kind(kind: Kind, found: list[InstrumentStatus]) -> Iterable[Check]:
    part = PARTS[kind]
    if not found and kind in _SHY:
        return (amber(part, Problem.NOT_SEEN_YET),)
    if not found:
        return (red(part, Problem.NOT_FOUND),)
    return tuple(_check(part, status) for status in found)


def _check(part: Part, status: InstrumentStatus) -> Check:
    if status.state in _BAD:
        shy = status.kind in _SHY and status.state is InstrumentState.LOST
        verdict = amber if shy else red
        return verdict(part, Problem.NOT_WORKING, status.name, status.reason.value)
    return green(part, status.name, status.state.value)


PARTS = {
    Kind.OXIMETER: Part.OXIMETER,
    Kind.CUFF: Part.CUFF,
    Kind.THERMOMETER: Part.THERMOMETER,
    Kind.OTOSCOPE: Part.OTOSCOPE,
    Kind.STETHOSCOPE: Part.STETHOSCOPE,
    Kind.CAMERA: Part.FACE_CAMERA,
    Kind.MICROPHONE: Part.MICROPHONE,
}
