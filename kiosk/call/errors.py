"""What can go wrong in a call, as a reason."""

from enum import StrEnum


class CallReason(StrEnum):
    BAD_LINK = "bad_link"
    BAD_MESSAGE = "bad_message"  # from the page, on the data channel: dropped and logged
    BAD_OFFER = "bad_offer"
    NO_RELAY = "no_relay"  # only a relay is allowed, and none can be reached
    TAMPERED = "tampered"  # a message that lacks our proof
    SEAT_TAKEN = "seat_taken"  # a genuine link, but in a second browser
    WORDS_UNREADABLE = "words_unreadable"


class CallError(Exception):
    """The one error type of this package."""

    def __init__(self, reason: CallReason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
