"""What became of one attempt to deliver an item."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    receipt: str


@dataclass(frozen=True, slots=True)
class Retry:
    """The line or the server is in trouble: try again, not before `after_s` when the server asked so (0 and
    less ask for nothing: it may be a date, and the kiosk's clock ahead). `answered`: and yet neither is."""

    reason: str
    after_s: float | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing can be delivered (credential, configuration): stop everything until somebody acts."""

    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """This item waits for something else; its stream rests for a long while, then tries again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The server will never take this item: its stream stops, is kept and shown, never deleted."""

    reason: str


Outcome = Delivered | Retry | Pause | Park | Quarantine


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a stream rests. Full jitter: many kiosks that lost one server do not come back as one, also
    where it named the second."""

    base_s: float = 1.0
    cap_s: float = 60.0
    park_s: float = 900.0
    longest_s: float = 3600.0
    """No rest is longer, whatever a server (or a captive portal) asks for."""

    def retry_s(self, retry: Retry, attempts: int) -> float:
        """`attempts`: how often the item was tried before this outcome."""
        exponent = min(attempts, 30)  # 2**1024 would not fit a float
        jitter_s = random.uniform(0.0, min(self.cap_s, self.base_s * 2**exponent))
        return min(max(retry.after_s or 0.0, 0.0) + jitter_s, self.longest_s)
