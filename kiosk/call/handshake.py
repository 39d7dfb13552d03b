"""The kiosk's side of authenticated signalling: which messages of the relay are genuine. Pure, no I/O.

A message is bound to both nonces and to the seat, so an older one of the same link is not genuine any more.
"""

import re
from dataclasses import dataclass

from kiosk.call.errors import CallError, CallReason
from kiosk.call.secret import Claim, Keys, mac, new_nonce, proves

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")

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


class Handshake:
    """One per link. `seat` is the browser that the link is bound to; "" until one has proved itself."""

    def __init__(self, keys: Keys, seat: str = "") -> None:
        self._keys = keys
        self.seat = seat
        self._nonce_kiosk = ""
        self._nonce_page = ""
        self._used: set[str] = set()

    def hello(self) -> Message:
        """Begin a new round: everything that was signed before is worthless from now on."""
        self._nonce_kiosk = new_nonce()
        self._used.clear()
        proof = mac(self._keys.kiosk, Claim("hello", nonce_kiosk=self._nonce_kiosk))
        return {"type": "hello", "nonce": self._nonce_kiosk, "mac": proof}

    def peer_left(self) -> None:
        self._nonce_kiosk = self._nonce_page = ""

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
        claim = Claim("reject", self._nonce_kiosk, nonce, seat, "used")
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

    def _hear_hello(self, message: Message) -> Greeted:
        nonce, seat = message.get("nonce"), message.get("seat")
        if not (isinstance(nonce, str) and isinstance(seat, str)):
            raise CallError(CallReason.TAMPERED, "hello")
        well_formed = _TOKEN.fullmatch(nonce) and _TOKEN.fullmatch(seat)
        claim = Claim("hello", nonce_page=nonce, seat=seat)
        if not well_formed or not proves(self._keys.physician, claim, message.get("mac")):
            raise CallError(CallReason.TAMPERED, "hello")
        if self.seat not in ("", seat):
            raise CallError(CallReason.SEAT_TAKEN)
        self.seat, self._nonce_page = seat, nonce
        return Greeted()

    def _proven(self, message: Message, kind: str, key: str) -> str | None:
        """The body of a genuine message; None for one that came before the page's hello, or twice."""
        if not (self._nonce_page and self._nonce_kiosk):
            return None
        body, given = message.get(key), message.get("mac")
        if not isinstance(body, str) or not proves(self._keys.physician, self._claim(kind, body), given):
            raise CallError(CallReason.TAMPERED, kind)
        repeated = str(given) in self._used
        self._used.add(str(given))
        return None if repeated else body

    def _claim(self, kind: str, body: str) -> Claim:
        return Claim(kind, self._nonce_kiosk, self._nonce_page, self.seat, body)
