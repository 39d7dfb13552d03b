"""The state of every instrument, and whose it is: the site's own, or a Bluetooth unit of somebody else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from devices.reading import DeviceIdentity, Kind
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.unit import unit_of

_GONE = (InstrumentState.ABSENT, InstrumentState.LOST)
_NO_BLUETOOTH = (Reason.BLUETOOTH_OFF, Reason.BLUETOOTH_MISSING)


class Owner(Protocol):
    """Who can tell which units belong to this kiosk."""

    def knows(self, identity: DeviceIdentity) -> bool: ...


class OwnsThePlugged:
    """No Bluetooth unit was declared."""

    def knows(self, identity: DeviceIdentity) -> bool:
        return unit_of(identity) is None


class InstrumentBoard:
    def __init__(self, expected: Sequence[Kind], owner: Owner) -> None:
        """`expected`: what the site owns; shown as absent until it is seen."""
        self._expected = expected
        self._owner = owner
        self._newest: dict[str, InstrumentStatus] = {}

    @property
    def seen(self) -> tuple[InstrumentStatus, ...]:
        """Since the start, whosever it is, also what has gone."""
        return tuple(self._newest.values())

    @property
    def all(self) -> tuple[InstrumentStatus, ...]:
        """The kiosk's own, and the units of others while they are in reach."""
        there = (s for s in self.seen if s.state not in _GONE and s.reason not in _NO_BLUETOOTH)
        strangers = (status for status in there if not self._is_known(status))
        return _sorted([*self.own, *(replace(status, known=False) for status in strangers)])

    @property
    def own(self) -> tuple[InstrumentStatus, ...]:
        shown = [s for s in self.seen if s.state is not InstrumentState.ABSENT and self.is_own(s)]
        there = {kind for status in shown for kind in status.kinds}
        return _sorted([*shown, *(_not_seen(kind) for kind in self._expected if kind not in there)])

    def put(self, status: InstrumentStatus) -> InstrumentStatus | None:
        """Keep the newest state of each instrument. Returns the one before."""
        before = self._newest.get(status.id)
        self._newest[status.id] = status
        return before

    def has(self, kind: Kind) -> bool:
        """True when an instrument of this kind is plugged in or within reach."""
        return any(kind in s.kinds and s.state not in _GONE for s in self.seen)

    def is_own(self, status: InstrumentStatus) -> bool:
        """Without Bluetooth every kind is told to fail: of what nobody has seen, the site's own counts."""
        unseen = status.reason in _NO_BLUETOOTH and status.identity is None
        wanted = not unseen or not self._expected or not set(status.kinds).isdisjoint(self._expected)
        return wanted and self._is_known(status)

    def _is_known(self, status: InstrumentStatus) -> bool:
        return self._owner.knows(status.identity or DeviceIdentity("", address=status.id))


def _not_seen(kind: Kind) -> InstrumentStatus:
    return InstrumentStatus(f"expected:{kind.value}", kind, "", InstrumentState.ABSENT)


def _sorted(statuses: Sequence[InstrumentStatus]) -> tuple[InstrumentStatus, ...]:
    return tuple(sorted(statuses, key=lambda s: (list(Kind).index(s.kind), s.id)))
