"""For how long the outbox keeps what it does not need itself."""

from dataclasses import dataclass

_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Keeping:
    """`events_s`: events of the audit chain. `copies_s`: what was delivered, sealed for the organisation
    alone; 0: not at all. On a full disk no copy is made.
    """

    events_s: float = 180 * _DAY_S
    copies_s: float = 0.0

    @classmethod
    def of_days(cls, events: int, copies: int) -> "Keeping":
        return cls(events * _DAY_S, copies * _DAY_S)


USUAL = Keeping()
