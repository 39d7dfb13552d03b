"""The state of every instrument, and whose it is: the site's own, or a Bluetooth unit of somebody else."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from devices.reading import SHY, DeviceIdentity, Kind, Reading
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.unit import identity_seen, unit_of

NEAR_S = 15 * 60.0

_GONE = (InstrumentState.ABSENT, InstrumentState.LOST)
_LIVE = (InstrumentState.MEASURING, InstrumentState.POOR_SIGNAL)
_NO_BLUETOOTH = (Reason.BLUETOOTH_OFF, Reason.BLUETOOTH_MISSING)


class Owner(Protocol):
    """Who can tell which units belong to this kiosk."""

    def knows(self, identity: DeviceIdentity) -> bool: ...


class OwnsThePlugged:
    """No Bluetooth unit was declared."""

    def knows(self, identity: DeviceIdentity) -> bool:
        return unit_of(identity) is None


class InstrumentBoard:
    def __init__(
        self, expected: Sequence[Kind], owner: Owner, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """`expected`: what the site owns; shown as absent until it is seen."""
        self._expected = tuple(dict.fromkeys(expected))
        self._owner = owner
        self._clock_s = clock_s
        self._newest: dict[str, InstrumentStatus] = {}
        self._heard_s: dict[str, float] = {}
        self._without_result: set[str] = set()

    @property
    def seen(self) -> tuple[InstrumentStatus, ...]:
        """Since the start, whosever it is, also what has gone and is missed."""
        return tuple(self._newest.values())

    @property
    def all(self) -> tuple[InstrumentStatus, ...]:
        """The kiosk's own, and the units of others while they are in reach."""
        there = (s for s in self.seen if s.state not in _GONE and s.reason not in _NO_BLUETOOTH)
        strangers = (s for s in there if not self._is_known(s) and self._is_near(s))
        return _sorted([*self.own, *map(self._as_unknown, strangers)])

    @property
    def own(self) -> tuple[InstrumentStatus, ...]:
        shown = [s for s in self.seen if self.is_own(s)]
        there = {kind for status in shown for kind in status.kinds}
        return _sorted([*shown, *(_not_seen(kind) for kind in self._expected if kind not in there)])

    def put(self, status: InstrumentStatus) -> InstrumentStatus | None:
        """Keep the newest state of each instrument. Returns the one before."""
        before = self._newest.pop(status.id, None)
        if status.state is InstrumentState.ABSENT:
            self._forget(status.id)
        else:
            self._newest[status.id] = status
            self._heard_s[status.id] = self._clock_s()
        return before

    def _forget(self, id_: str) -> None:
        """Nobody misses it: a Bluetooth unit that was not seen for long may have changed its address."""
        self._heard_s.pop(id_, None)
        self._without_result.discard(id_)

    def note_result(self, reading: Reading) -> bool:
        """What gives one result at a time has spoken. True: whether it gave a value is other than before."""
        if reading.kind not in SHY:
            return False
        failed = all(quantity.value is None for quantity in reading.quantities)
        before = self.has_no_result(reading.identity.address)
        (self._without_result.add if failed else self._without_result.discard)(reading.identity.address)
        return failed is not before

    def has_no_result(self, id_: str) -> bool:
        """Its last measurement gave no value."""
        return id_ in self._without_result

    def has(self, kind: Kind) -> bool:
        """True when an instrument of this kind is plugged in or within reach."""
        return any(kind in s.kinds and s.state not in _GONE for s in self.seen)

    def is_own(self, status: InstrumentStatus) -> bool:
        """Without Bluetooth every kind is told to fail: of what nobody has seen, the site's own counts."""
        unseen = status.reason in _NO_BLUETOOTH and status.identity is None
        wanted = not unseen or not self._expected or not set(status.kinds).isdisjoint(self._expected)
        return wanted and self._is_known(status)

    def _as_unknown(self, status: InstrumentStatus) -> InstrumentStatus:
        return replace(status, known=False, no_result=self.has_no_result(status.id))

    def _is_near(self, status: InstrumentStatus) -> bool:
        """Nobody says that it went away once it has given its result."""
        return status.state in _LIVE or self._clock_s() - self._heard_s[status.id] < NEAR_S

    def _is_known(self, status: InstrumentStatus) -> bool:
        return self._owner.knows(identity_seen(status))


def _not_seen(kind: Kind) -> InstrumentStatus:
    return InstrumentStatus(f"expected:{kind.value}", kind, "", InstrumentState.ABSENT)


def _sorted(statuses: Sequence[InstrumentStatus]) -> tuple[InstrumentStatus, ...]:
    return tuple(sorted(statuses, key=lambda s: (list(Kind).index(s.kind), s.id)))
