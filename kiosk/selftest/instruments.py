"""One check per kind of instrument the site owns, and per camera and sound device every kiosk needs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from devices.reading import SHY, Kind
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.selftest.causes import after
from kiosk.selftest.report import Check, Part, Problem, amber, green, red
from kiosk.unit import Unit, identity_seen, unit_of

_BAD = {InstrumentState.LOST, InstrumentState.FAULTY}
_NOT_YET = {InstrumentState.FOUND, InstrumentState.PAIRING}  # of what streams: seen, and it says nothing
_BLUETOOTH = {
    Reason.BLUETOOTH_OFF: Problem.NOT_WORKING,
    Reason.BLUETOOTH_MISSING: Problem.NOT_FOUND,
}
# One fault behind many instruments: it has one line of its own, that of this part.
_SHARED = {**dict.fromkeys(_BLUETOOTH, Part.BLUETOOTH), Reason.SOUND_SERVER_MISSING: Part.SPEAKER}


def check_kinds(
    expected: Iterable[str], statuses: Iterable[InstrumentStatus], away: Iterable[Unit] = ()
) -> tuple[Check, ...]:
    """Every expected kind, and every instrument that is there whether expected or not, or not ours.

    `expected`: each kind as often as the site owns one. `away`: its own Bluetooth units that are not there.
    """
    known, missed = tuple(statuses), tuple(away)
    there = [s for s in known if s.known and s.state is not InstrumentState.ABSENT]
    behind = {kind: _SHARED[s.reason] for s in there if s.reason in _SHARED for kind in s.kinds}
    own = [s for s in there if s.reason not in _SHARED]
    wanted = Counter(expected)
    own = list(_named(own, tuple(wanted), [kind for kind in _lacking(wanted, own) if kind not in behind]))
    lacking = {kind: count for kind, count in _lacking(wanted, own).items() if kind not in behind}
    checks = [_check(PARTS[status.kind], status) for status in own]
    checks += [_missed(unit.kind, unit.name) for unit in missed]
    checks += [
        _missed(kind) for kind, count in lacking.items() if count > sum(unit.kind == kind for unit in missed)
    ]
    checks += [after(_missed(kind), behind[Kind(kind)]) for kind in _lacking(wanted, own) if kind in behind]
    strangers = (amber(PARTS[s.kind], Problem.UNKNOWN_UNIT, s.name, s.id) for s in known if not s.known)
    return (*sorted(checks, key=lambda check: _ORDER[check.part]), *strangers)


def units_seen(statuses: Iterable[InstrumentStatus]) -> list[Unit]:
    """The Bluetooth units among these, whosever they are."""
    there = (status for status in statuses if status.state is not InstrumentState.ABSENT)
    return [unit for status in there if (unit := unit_of(identity_seen(status))) is not None]


def _lacking(wanted: Counter[str], own: Iterable[InstrumentStatus]) -> Counter[str]:
    """How many of each kind; a box that does several things is one of each."""
    return wanted - Counter(kind.value for status in own for kind in status.kinds)


def _named(
    own: Iterable[InstrumentStatus], wanted: Sequence[str], missing: Sequence[str]
) -> Iterable[InstrumentStatus]:
    """What was not understood, each as what it must be: one that the site owns, and misses before others.

    None of what is silent and may be one that is missing: the line of that kind says so.
    """
    for status in own:
        lost = sorted((kind for kind in missing if kind in status.may_be), key=SHY.__contains__)
        ours = [kind for kind in wanted if kind in status.may_be]
        if status.state in _BAD and (lost or len(ours) == 1):
            yield replace(status, kind=Kind((lost or ours)[0]), may_be=())
        elif status.state in _BAD or not lost:
            yield status


def _missed(kind: str, name: str = "") -> Check:
    """`kind` is empty for a unit that was never seen."""
    part = PARTS[Kind(kind)] if kind else Part.UNIT
    if not kind or kind in SHY:
        return amber(part, Problem.NOT_SEEN_YET, name)
    return red(part, Problem.NOT_FOUND, name)


def check_bluetooth(wanted: bool, statuses: Iterable[InstrumentStatus]) -> tuple[Check, ...]:
    """The adapter behind all Bluetooth instruments; nothing where the site uses none."""
    if not wanted:
        return ()
    down = next((status.reason for status in statuses if status.reason in _BLUETOOTH), None)
    if down is not None:
        return (red(Part.BLUETOOTH, _BLUETOOTH[down], detail=down.value),)
    return (green(Part.BLUETOOTH),)


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
_ORDER = {part: number for number, part in enumerate(Part)}
