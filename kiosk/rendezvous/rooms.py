"""The table of rooms: one kiosk and one physician's seat each. No I/O, no clock: `now_s` is given.

A kiosk may open one room more, for a guest: there somebody else, the host, sits in the kiosk's place.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from kiosk.rendezvous.errors import CloseCode

Conn = TypeVar("Conn")


class Role(StrEnum):
    KIOSK = "kiosk"
    PHYSICIAN = "physician"
    HOST = "host"  # in the kiosk's place of a guest's room


class Refused(Exception):
    """A connection that may not come in; `code` is sent to it."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(slots=True)
class Room(Generic[Conn]):
    """Who is in one room. The seat belongs to the first browser that took it, until the room is over.

    In a guest's room `owner` is the kiosk's room, `host_hash` opens the kiosk's place. `guests` is the room
    opened from here.
    """

    id: str
    opened_s: float
    seen_s: float
    seat: str = ""
    kiosk: Conn | None = None
    physician: Conn | None = None
    owner: "Room[Conn] | None" = None
    host_hash: str = ""
    guests: "Room[Conn] | None" = None

    def other(self, role: Role) -> Conn | None:
        return self.kiosk if role is Role.PHYSICIAN else self.physician

    def holds(self, role: Role, connection: Conn) -> bool:
        """False once a newer connection of the same party has taken the place."""
        return (self.physician if role is Role.PHYSICIAN else self.kiosk) is connection

    def take(self, role: Role, connection: Conn | None) -> Conn | None:
        """Put a connection in its place; returns the older one of the same party that it replaces."""
        before = self.physician if role is Role.PHYSICIAN else self.kiosk
        if role is Role.PHYSICIAN:
            self.physician = connection
        else:
            self.kiosk = connection
        return before


class RoomTable(Generic[Conn]):
    """All rooms of this server, in memory only."""

    def __init__(self, max_rooms: int, kiosk_absence_s: float, room_age_s: float) -> None:
        self._max_rooms = max_rooms
        self._kiosk_absence_s = kiosk_absence_s
        self._room_age_s = room_age_s
        self._rooms: dict[str, Room[Conn]] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[Room[Conn]]:
        return iter(tuple(self._rooms.values()))

    def find(self, room_id: str) -> Room[Conn] | None:
        return self._rooms.get(room_id)

    def for_kiosk(self, room_id: str, now_s: float) -> Room[Conn]:
        """The kiosk's room, opened if new. The caller has checked its token.

        Raises Refused: FULL, NO_SUCH_ROOM (it is a guest's).
        """
        room = self._rooms.get(room_id) or self._open(room_id, now_s)
        if room.owner is not None:
            raise Refused(CloseCode.NO_SUCH_ROOM)
        room.seen_s = now_s
        return room

    def _open(self, room_id: str, now_s: float) -> Room[Conn]:
        if len(self._rooms) >= self._max_rooms:
            raise Refused(CloseCode.FULL)
        room = self._rooms[room_id] = Room(room_id, opened_s=now_s, seen_s=now_s)
        return room

    def invite(self, owner: Room[Conn], room_id: str, host_hash: str, now_s: float) -> Room[Conn]:
        """The guest's room of `owner`, opened if new; saying the same again changes nothing.

        Raises Refused: USED (there is another one already, or the name is taken), FULL, NO_SUCH_ROOM.
        """
        if owner.owner is not None or self._rooms.get(owner.id) is not owner:
            raise Refused(CloseCode.NO_SUCH_ROOM)
        there = self._rooms.get(room_id)
        if there is not None or owner.guests is not None:
            if there is None or there is not owner.guests or there.host_hash != host_hash:
                raise Refused(CloseCode.USED)
            return there
        room = owner.guests = self._open(room_id, now_s)
        room.owner, room.host_hash = owner, host_hash
        return room

    def for_host(self, room_id: str, token: str) -> Room[Conn]:
        """The guest's room whose kiosk named the SHA-256 of `token`. Raises Refused."""
        room = self._rooms.get(room_id)
        if room is None or room.owner is None:
            raise Refused(CloseCode.NO_SUCH_ROOM)
        if not hmac.compare_digest(token_hash(token).encode(), room.host_hash.encode()):
            raise Refused(CloseCode.BAD_TOKEN)
        return room

    def for_physician(self, room_id: str, seat: str) -> Room[Conn]:
        """The room behind a link. Raises Refused: NO_SUCH_ROOM (wrong or dead), USED (another's seat)."""
        room = self._rooms.get(room_id)
        if room is None:
            raise Refused(CloseCode.NO_SUCH_ROOM)
        if room.seat and room.seat != seat:
            raise Refused(CloseCode.USED)
        room.seat = seat
        return room

    def leave(self, room: Room[Conn], role: Role, connection: Conn, now_s: float) -> bool:
        """A connection has ended. False when a newer one of the same party has already taken its place."""
        if not room.holds(role, connection):
            return False
        room.take(role, None)
        if role is Role.KIOSK:
            room.seen_s = now_s
        return True

    def over(self, room: Room[Conn]) -> None:
        """Forget a room: its link is dead. The caller does the same for its `guests`."""
        self._rooms.pop(room.id, None)
        if room.owner is not None:
            room.owner.guests = None

    def expired(self, now_s: float) -> list[Room[Conn]]:
        """Rooms that the kiosk has left for good, or that are too old."""
        return [
            room
            for room in self._rooms.values()
            if now_s - room.opened_s > self._room_age_s
            or (room.owner is None and room.kiosk is None and now_s - room.seen_s > self._kiosk_absence_s)
        ]


def token_hash(token: str) -> str:
    """base64url of its SHA-256, without padding: what the kiosk says instead of the host's token."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")
