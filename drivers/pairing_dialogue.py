"""What pairing needs of somebody at the screen, and how it ends."""

from enum import StrEnum
from typing import Protocol


class PairingEnd(StrEnum):
    """`ui/` has one sentence for each."""

    PAIRED = "paired"
    NOT_SEEN = "not_seen"
    REFUSED = "refused"
    WRONG_CODE = "wrong_code"
    TOO_LATE = "too_late"  # nobody answered, here or at the instrument
    NO_BLUETOOTH = "no_bluetooth"


class Dialogue(Protocol):
    """Codes are digits. At most one question is open at a time."""

    async def typed(self) -> str:
        """The code that the instrument shows, or has on its label; "": nobody wants to say."""
        ...

    async def same(self, code: str) -> bool:
        """Whether the instrument shows `code` too."""
        ...

    def show(self, code: str) -> None:
        """It is to be typed on the instrument."""
        ...

    def withdraw(self) -> None:
        """No answer is wanted any more."""
        ...
