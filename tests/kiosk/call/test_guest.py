"""The guest's room as the kiosk keeps it: asked for, asked for again, closed for good."""

from kiosk.call import page_messages
from kiosk.call.guest import GuestRoom
from kiosk.call.handshake import Message

FIRST = page_messages.Invite("a-room-for-a-guest-0", "h" * 43)
SECOND = page_messages.Invite("a-room-for-a-guest-1", "i" * 43)


class Room:
    """A GuestRoom between a relay and a page that take notes."""

    def __init__(self) -> None:
        self.relay: list[Message] = []
        self.page: list[tuple[str, bool]] = []
        self.guest = GuestRoom(self._hear, lambda room, allowed: self.page.append((room, allowed)))

    async def _hear(self, message: Message) -> None:
        self.relay.append(message)

    async def words(self) -> list[object]:
        """What the relay has heard since the last look."""
        await self.guest._tasks.join()
        heard, self.relay = self.relay, []
        return [(message["type"], message["room"]) for message in heard]

    def opened(self, invited: page_messages.Invite, is_open: bool = True) -> None:
        self.guest.relay_said({"type": "invited", "room": invited.room, "open": is_open})


async def test_the_relay_is_asked_and_the_page_is_told() -> None:
    room = Room()
    room.guest.invite(FIRST)
    await room.guest._tasks.join()
    assert room.relay == [{"type": "invite", "room": FIRST.room, "host": FIRST.host}]
    assert (room.page, room.guest.open) == ([], False)
    room.opened(FIRST)
    assert (room.page, room.guest.open) == ([(FIRST.room, True)], True)


async def test_it_is_asked_again_only_while_somebody_is_invited() -> None:
    room = Room()
    room.guest.ask()
    room.guest.invite(FIRST)
    room.guest.ask()
    assert await room.words() == [("invite", FIRST.room)] * 2
    room.guest.close()
    room.guest.ask()
    assert await room.words() == [("uninvite", FIRST.room)]


async def test_a_room_that_was_closed_stays_closed() -> None:
    room = Room()
    room.guest.invite(FIRST)
    room.opened(FIRST)
    room.guest.close()
    assert await room.words() == [("invite", FIRST.room), ("uninvite", FIRST.room)]
    room.opened(FIRST)  # a late word of the relay
    room.guest.invite(FIRST)
    assert await room.words() == []
    assert room.page == [(FIRST.room, True), (FIRST.room, False), (FIRST.room, False)]
    assert not room.guest.open


async def test_another_room_ends_the_one_before() -> None:
    room = Room()
    room.guest.invite(FIRST)
    room.opened(FIRST)
    room.guest.invite(SECOND)
    expected = [("invite", FIRST.room), ("uninvite", FIRST.room), ("invite", SECOND.room)]
    assert await room.words() == expected
    room.opened(SECOND, is_open=False)
    assert room.page[1:] == [(FIRST.room, False), (SECOND.room, False)]
    assert not room.guest.open


async def test_the_page_may_ask_again_after_the_relay_had_no_room() -> None:
    room = Room()
    room.guest.invite(FIRST)
    room.opened(FIRST, is_open=False)
    room.guest.invite(FIRST)
    room.opened(FIRST)
    assert room.guest.open
