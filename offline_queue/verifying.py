"""Comparing what was here at the start with the witness log, and whether the database's pages are whole."""

from offline_queue.damage import Damage
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.room import Room
from offline_queue.tidy import Tidier


class Verifying:
    """Piece by piece, in the moments that nobody else needs."""

    def __init__(self, tidier: Tidier, room: Room, damage: Damage) -> None:
        self._tidier, self._room, self._damage = tidier, room, damage
        self._is_over = False

    def next(self) -> bool:
        """One more piece. False: that was all."""
        if self._is_over:
            return False
        try:
            if self._tidier.verify_next():
                return True
            if not self._tidier.is_verified:
                return False
            self._is_over = True
            if not self._room.is_sound():
                self._damage.found()
        except OutboxError as error:
            self._damage.note(error)
            self._is_over = True
        return False

    def leave_off(self) -> None:
        """What was not looked at yet is, at the next start."""
        self._is_over = True

    @property
    def is_sound(self) -> bool:
        """Whether each page of the database is as it was written. Reads all: not beside a kiosk's work."""
        try:
            return self._room.is_sound(however_long=True)
        except OutboxError as error:
            if error.reason is not OutboxReason.WRONG_KEY_OR_DAMAGED:
                raise
            return False
