import pytest

from kiosk.rendezvous.errors import CloseCode
from kiosk.rendezvous.limits import RateLimit
from kiosk.rendezvous.rooms import Refused, Role, RoomTable


def table(max_rooms: int = 3) -> RoomTable[str]:
    return RoomTable(max_rooms, kiosk_absence_s=600, room_age_s=3600)


def refusal(rooms: RoomTable[str], room_id: str, seat: str) -> CloseCode:
    with pytest.raises(Refused) as caught:
        rooms.for_physician(room_id, seat)
    return caught.value.code


def test_the_seat_belongs_to_the_first_browser() -> None:
    rooms = table()
    room = rooms.for_kiosk("r", 0)
    assert rooms.for_physician("r", "seat-1") is room
    assert refusal(rooms, "r", "seat-2") is CloseCode.USED
    assert rooms.for_physician("r", "seat-1") is room


def test_a_physician_opens_no_room_and_a_room_that_is_over_is_gone() -> None:
    rooms = table()
    assert refusal(rooms, "r", "seat-1") is CloseCode.NO_SUCH_ROOM
    rooms.over(rooms.for_kiosk("r", 0))
    assert refusal(rooms, "r", "seat-1") is CloseCode.NO_SUCH_ROOM
    assert len(rooms) == 0


def test_there_is_a_limit() -> None:
    rooms = table(max_rooms=1)
    rooms.for_kiosk("one", 0)
    rooms.for_kiosk("one", 1)
    with pytest.raises(Refused) as caught:
        rooms.for_kiosk("two", 2)
    assert caught.value.code is CloseCode.FULL


def test_a_newer_connection_replaces_and_the_older_one_leaves_unnoticed() -> None:
    rooms = table()
    room = rooms.for_kiosk("r", 0)
    assert room.take(Role.KIOSK, "old") is None
    assert room.take(Role.KIOSK, "new") == "old"
    assert not rooms.leave(room, Role.KIOSK, "old", 5)
    assert room.kiosk == "new"
    assert room.other(Role.PHYSICIAN) == "new"
    assert rooms.leave(room, Role.KIOSK, "new", 6)
    assert room.kiosk is None


def test_a_room_outlives_a_short_absence_only() -> None:
    rooms = table()
    room = rooms.for_kiosk("r", 0)
    room.take(Role.KIOSK, "k")
    assert rooms.expired(1000) == []
    rooms.leave(room, Role.KIOSK, "k", 1000)
    assert rooms.expired(1600) == []
    assert rooms.expired(1601) == [room]


def test_a_room_gets_too_old_even_with_its_kiosk() -> None:
    rooms = table()
    room = rooms.for_kiosk("r", 0)
    room.take(Role.KIOSK, "k")
    assert rooms.expired(3601) == [room]


def test_rate_limit_refills() -> None:
    limit = RateLimit(per_minute=3)
    assert [limit.allows("a", 0) for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b", 0)
    assert not limit.allows("a", 19)
    assert limit.allows("a", 20)


def test_rate_limit_forgets_old_keys() -> None:
    limit = RateLimit(per_minute=1)
    for number in range(10_050):
        limit.allows(str(number), 0)
    assert len(limit._buckets) == 10_000
