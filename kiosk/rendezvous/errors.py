"""What can go wrong in the meeting place, as a reason."""

from enum import IntEnum, StrEnum


class RendezvousReason(StrEnum):
    PORT_BUSY = "port_busy"
    CERTIFICATE = "certificate"
    PAGE_MISSING = "page_missing"


class RendezvousError(Exception):
    """The server cannot start."""

    def __init__(self, reason: RendezvousReason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason


class CloseCode(IntEnum):
    """WebSocket close codes of `/signal`; both ends know them."""

    ROOM_OVER = 4000  # sent by the kiosk: the link is dead from now on
    REFUSED = 4400  # malformed request, replaced by a newer connection, too many messages
    BAD_TOKEN = 4401
    NO_SUCH_ROOM = 4404
    USED = 4409  # another browser already holds the physician's seat
    FULL = 4429
