"""Which trouble of an instrument is new: what is tried again and again fails again and again. Pure."""

from uuid import UUID

from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.session import Session

_TROUBLE = (InstrumentState.LOST, InstrumentState.FAULTY)
_TRIED = (InstrumentState.FOUND, InstrumentState.PAIRING)


class Faults:
    """Those of each unit that go on, in one session: the next one's report is its own."""

    def __init__(self) -> None:
        self._session: UUID | None = None
        self._known: dict[str, set[tuple[InstrumentState, Reason]]] = {}

    def is_new(self, status: InstrumentStatus, session: Session | None) -> bool:
        """Trouble that this unit has not had since it worked last."""
        now = None if session is None else session.id
        if now != self._session:
            self._session, self._known = now, {}
        if status.state in _TROUBLE:
            known = self._known.setdefault(status.id, set())
            before = len(known)
            known.add((status.state, status.reason))
            return len(known) > before
        if status.state not in _TRIED:
            self._known.pop(status.id, None)
        return False
