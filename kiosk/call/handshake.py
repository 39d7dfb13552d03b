"""The kiosk's side of authenticated signalling: which messages of the relay are genuine. Pure, no I/O.

A message is bound to both nonces and to the seat, so an older one of the same link is never acted upon. It is
recognised, though: what a page sent just before a reload or a cut arrives late and is no sign of tampering.
"""

import re
from collections import deque
from dataclasses import dataclass, field

from kiosk.call.errors import CallError, CallReason
from kiosk.call.secret import Claim, Keys, mac, new_nonce, proves

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_REMEMBERED = 8  # rounds; more cannot be under way at once

Message = dict[str, object]


@dataclass(frozen=True, slots=True)
class Greeted:
    """A genuine page is there."""


@dataclass(frozen=True, slots=True)
class Offered:
    sdp: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The page ended it; `reason` is "tampered", "used" or "closed"."""

    reason: str


Heard = Greeted | Offered | Rejected | None


@dataclass(slots=True)
class _Nonces:
    """One side's nonce of this round, "" while there is none, and those of the rounds before."""

    now: str = ""
    past: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def renew(self, nonce: str = "") -> None:
        if self.now and self.now != nonce:
            self.past.append(self.now)
        self.now = nonce

    @property
    def all(self) -> tuple[str, ...]:
        return (self.now, *self.past)


class Handshake:
    """One per link. `seat` is the browser that the link is bound to; "" until one has proved itself."""

    def __init__(self, keys: Keys, seat: str = "") -> None:
        self._keys = keys
        self.seat = seat
        self._kiosk = _Nonces()
        self._page = _Nonces()
        self._used: set[str] = set()

    @property
    def greeted(self) -> bool:
        """Both sides have said hello: what we sign now can be proved by the page."""
        return bool(self._kiosk.now and self._page.now)

    def hello(self) -> Message:
        """Begin a new round: everything that was signed before is worthless from now on."""
        self._kiosk.renew(new_nonce())
        self._used.clear()
        proof = mac(self._keys.kiosk, Claim("hello", nonce_kiosk=self._kiosk.now))
        return {"type": "hello", "nonce": self._kiosk.now, "mac": proof}

    def peer_left(self) -> None:
        self._kiosk.renew()
        self._page.renew()

    def answer(self, sdp: str) -> Message:
        return {"type": "answer", "sdp": sdp, "mac": mac(self._keys.kiosk, self._claim("answer", sdp))}

    def reject(self, reason: str) -> Message:
        return {
            "type": "reject",
            "reason": reason,
            "mac": mac(self._keys.kiosk, self._claim("reject", reason)),
        }

    def reject_seat(self, hello: Message) -> Message:
        """Tell a second browser (whose genuine hello this is) that the link is used."""
        nonce, seat = str(hello.get("nonce")), str(hello.get("seat"))
        claim = Claim("reject", self._kiosk.now, nonce, seat, "used")
        return {"type": "reject", "reason": "used", "mac": mac(self._keys.kiosk, claim)}

    def hear(self, message: Message) -> Heard:
        """Check one message. None: nothing to act on.

        Raises CallError: TAMPERED when the proof is missing, SEAT_TAKEN when it comes from a second browser.
        """
        match message.get("type"):
            case "hello":
                return self._hear_hello(message)
            case "offer":
                sdp = self._proven(message, "offer", "sdp")
                return None if sdp is None else Offered(sdp)
            case "reject":
                reason = self._proven(message, "reject", "reason")
                return None if reason is None else Rejected(reason)
        return None

    def _hear_hello(self, message: Message) -> Greeted | None:
        nonce, seat = message.get("nonce"), message.get("seat")
        if not (isinstance(nonce, str) and isinstance(seat, str)):
            raise CallError(CallReason.TAMPERED, "hello")
        well_formed = _TOKEN.fullmatch(nonce) and _TOKEN.fullmatch(seat)
        claim = Claim("hello", nonce_page=nonce, seat=seat)
        if not well_formed or not proves(self._keys.physician, claim, message.get("mac")):
            raise CallError(CallReason.TAMPERED, "hello")
        if self.seat not in ("", seat):
            raise CallError(CallReason.SEAT_TAKEN)
        if nonce in self._page.past:
            return None  # a page makes a new nonce for each connection: this is an echo of an earlier one
        self.seat = seat
        self._page.renew(nonce)
        return Greeted()

    def _proven(self, message: Message, kind: str, key: str) -> str | None:
        """The body of a genuine message; None for one before the page's hello, or late, or said twice."""
        if not self.greeted:
            return None
        body, given = message.get(key), message.get("mac")
        if not isinstance(body, str):
            raise CallError(CallReason.TAMPERED, kind)
        if not proves(self._keys.physician, self._claim(kind, body), given):
            if self._is_late(kind, body, given):
                return None
            raise CallError(CallReason.TAMPERED, kind)
        repeated = str(given) in self._used
        self._used.add(str(given))
        return None if repeated else body

    def _is_late(self, kind: str, body: str, given: object) -> bool:
        """True when it was genuine in an earlier round. Either side may have begun the new one first."""
        return any(
            proves(self._keys.physician, Claim(kind, kiosk, page, self.seat, body), given)
            for kiosk in self._kiosk.all
            for page in self._page.all
        )

    def _claim(self, kind: str, body: str) -> Claim:
        return Claim(kind, self._kiosk.now, self._page.now, self.seat, body)
