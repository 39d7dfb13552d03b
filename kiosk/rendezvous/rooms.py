"""The table of rooms: one kiosk and one physician's seat each. No I/O, no clock: `now_s` is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from kiosk.rendezvous.errors import CloseCode

Conn = TypeVar("Conn")


class Role(StrEnum):
    KIOSK = "kiosk"
    PHYSICIAN = "physician"


class Refused(Exception):
    """A connection that may not come in; `code` is sent to it."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(slots=True)
class Room(Generic[Conn]):
    """Who is in one room. The seat belongs to the first browser that took it, until the room is over."""

    id: str
    opened_s: float
    seen_s: float
    seat: str = ""
    kiosk: Conn | None = None
    physician: Conn | None = None

    def other(self, role: Role) -> Conn | None:
        return self.physician if role is Role.KIOSK else self.kiosk

    def holds(self, role: Role, connection: Conn) -> bool:
        """False once a newer connection of the same party has taken the place."""
        return (self.kiosk if role is Role.KIOSK else self.physician) is connection

    def take(self, role: Role, connection: Conn | None) -> Conn | None:
        """Put a connection in its place; returns the older one of the same party that it replaces."""
        before = self.kiosk if role is Role.KIOSK else self.physician
        if role is Role.KIOSK:
            self.kiosk = connection
        else:
            self.physician = connection
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
        """The kiosk's room, opened if new. The caller has checked its token. Raises Refused(FULL)."""
        room = self._rooms.get(room_id)
        if room is None:
            if len(self._rooms) >= self._max_rooms:
                raise Refused(CloseCode.FULL)
            room = self._rooms[room_id] = Room(room_id, opened_s=now_s, seen_s=now_s)
        room.seen_s = now_s
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
        """Forget a room: its link is dead."""
        self._rooms.pop(room.id, None)

    def expired(self, now_s: float) -> list[Room[Conn]]:
        """Rooms that the kiosk has left for good, or that are too old."""
        return [
            room
            for room in self._rooms.values()
            if now_s - room.opened_s > self._room_age_s
            or (room.kiosk is None and now_s - room.seen_s > self._kiosk_absence_s)
        ]
