"""One check per kind of instrument the site owns, and per camera and sound device every kiosk needs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from devices.reading import SHY, Kind
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.selftest.report import Check, Part, Problem, amber, green, red

_BAD = {InstrumentState.LOST, InstrumentState.FAULTY}
_NOT_YET = {InstrumentState.FOUND, InstrumentState.PAIRING}  # of what streams: seen, and it says nothing
_BLUETOOTH = {Reason.BLUETOOTH_OFF, Reason.BLUETOOTH_MISSING}
_SHARED = _BLUETOOTH | {
    Reason.SOUND_SERVER_MISSING
}  # one fault behind many instruments: said once, elsewhere


def check_kinds(expected: Iterable[str], statuses: Iterable[InstrumentStatus]) -> tuple[Check, ...]:
    """Every expected kind, and every instrument that is there whether expected or not, or not ours."""
    by_kind: dict[str, list[InstrumentStatus]] = {kind: [] for kind in expected}
    owned = tuple(by_kind)
    said: set[str] = set()  # by another line: one fault, or one box, has one
    strangers, unknown = [], []
    for status in statuses:
        if not status.known:
            strangers.append(amber(PARTS[status.kind], Problem.UNKNOWN_UNIT, status.name, status.id))
        elif status.reason in _SHARED:
            said.update(status.kinds)
        elif status.kind is Kind.UNKNOWN:
            unknown.append(status)
        elif status.state is not InstrumentState.ABSENT:
            by_kind.setdefault(status.kind.value, []).append(status)
            said.update(status.also)
    missing = [kind for kind in owned if not by_kind[kind] and kind not in said]
    for kind, status in _named(unknown, owned, missing):
        by_kind.setdefault(kind, []).append(status)
    told = {kind: found for kind, found in by_kind.items() if found or kind not in said}
    own = tuple(check for kind, found in told.items() for check in _check_kind(Kind(kind), found))
    return (*own, *strangers)


def _named(
    unknown: Iterable[InstrumentStatus], owned: Sequence[str], missing: Sequence[str]
) -> Iterable[tuple[str, InstrumentStatus]]:
    """What was not understood, each as what it must be: one that the site owns, and misses before others.

    None of what is silent and may be one that is missing: the line of that kind says so.
    """
    for status in unknown:
        lost = sorted((kind for kind in missing if kind in status.may_be), key=SHY.__contains__)
        ours = [kind for kind in owned if kind in status.may_be]
        if status.state in _BAD:
            kind = Kind(lost[0] if lost else ours[0] if len(ours) == 1 else Kind.UNKNOWN)
            yield kind.value, replace(status, kind=kind)
        elif status.state is not InstrumentState.ABSENT and not lost:
            yield status.kind.value, status


def check_bluetooth(wanted: bool, statuses: Iterable[InstrumentStatus]) -> tuple[Check, ...]:
    """The adapter behind all Bluetooth instruments; nothing where the site uses none."""
    if not wanted:
        return ()
    down = next((status.reason for status in statuses if status.reason in _BLUETOOTH), None)
    if down is not None:
        return (red(Part.BLUETOOTH, Problem.NOT_WORKING, detail=down.value),)
    return (green(Part.BLUETOOTH),)


def _check_kind(kind: Kind, found: list[InstrumentStatus]) -> Iterable[Check]:
    part = PARTS[kind]
    if not found and kind in SHY:
        return (amber(part, Problem.NOT_SEEN_YET),)
    if not found:
        return (red(part, Problem.NOT_FOUND),)
    return tuple(_check(part, status) for status in found)


def _check(part: Part, status: InstrumentStatus) -> Check:
    if status.state in _BAD:
        verdict = amber if _has_gone_to_rest(status) else red
        return verdict(part, Problem.NOT_WORKING, status.name, status.reason.value)
    if status.state in _NOT_YET and status.kind not in SHY:
        silent = status.kind is Kind.UNKNOWN  # and whoever it is may speak only when it is used
        problem = Problem.NOT_SEEN_YET if silent else Problem.NOT_WORKING
        return amber(part, problem, status.name, status.state.value)
    if status.battery_is_low:
        return amber(part, Problem.LOW_BATTERY, status.name, _left(status))
    return green(part, status.name, status.state.value)


def _has_gone_to_rest(status: InstrumentStatus) -> bool:
    """By radio it hangs up and says no more until it measures; a cable that comes out is a fault."""
    lost = status.state is InstrumentState.LOST and status.reason is not Reason.UNPLUGGED
    return lost and status.kind in SHY


def _left(status: InstrumentStatus) -> str:
    percent = status.battery and status.battery.percent
    return "" if percent is None else f"{percent} %"


PARTS = {
    Kind.OXIMETER: Part.OXIMETER,
    Kind.CUFF: Part.CUFF,
    Kind.THERMOMETER: Part.THERMOMETER,
    Kind.SCALE: Part.SCALE,
    Kind.GLUCOMETER: Part.GLUCOMETER,
    Kind.HEART_RATE_MONITOR: Part.HEART_RATE_MONITOR,
    Kind.ECG: Part.ECG,
    Kind.OTOSCOPE: Part.OTOSCOPE,
    Kind.STETHOSCOPE: Part.STETHOSCOPE,
    Kind.CAMERA: Part.FACE_CAMERA,
    Kind.MICROPHONE: Part.MICROPHONE,
    Kind.UNKNOWN: Part.UNKNOWN,
}
