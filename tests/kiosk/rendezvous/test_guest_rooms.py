"""A room for a guest: opened by the kiosk, held by a host in its place, gone with the kiosk's own."""

from pathlib import Path

import aiohttp
import pytest

from kiosk.rendezvous.errors import CloseCode
from kiosk.rendezvous.rooms import Refused, Role, RoomTable, token_hash
from tests.kiosk.rendezvous.test_server import ROOM, Client, code, said, served

GUESTS, TOKEN = "a-room-for-a-guest-0", "token-of-the-host-000"


def table() -> RoomTable[str]:
    return RoomTable(3, kiosk_absence_s=600, room_age_s=3600)


def refusal(rooms: RoomTable[str], token: str, room_id: str = GUESTS) -> CloseCode:
    with pytest.raises(Refused) as caught:
        rooms.for_host(room_id, token)
    return caught.value.code


def test_the_host_needs_the_token_and_sits_in_the_kiosks_place() -> None:
    rooms = table()
    room = rooms.invite(rooms.for_kiosk("r", 0), GUESTS, token_hash(TOKEN), 0)
    assert rooms.for_host(GUESTS, TOKEN) is room
    assert refusal(rooms, "another") is CloseCode.BAD_TOKEN
    assert refusal(rooms, TOKEN, "r") is CloseCode.NO_SUCH_ROOM
    room.take(Role.HOST, "host")
    assert rooms.for_physician(GUESTS, "seat").other(Role.PHYSICIAN) == "host"
    with pytest.raises(Refused):
        rooms.for_kiosk(GUESTS, 1)


def test_one_guest_room_at_a_time_and_none_from_a_guest_room() -> None:
    rooms = table()
    owner, other = rooms.for_kiosk("r", 0), rooms.for_kiosk("s", 0)
    room = rooms.invite(owner, GUESTS, "hash", 0)
    assert rooms.invite(owner, GUESTS, "hash", 1) is room  # said again after a cut
    for inviting, room_id, host_hash in (
        (owner, "another", "hash"),
        (owner, GUESTS, "b"),
        (other, "r", "hash"),
    ):
        with pytest.raises(Refused):
            rooms.invite(inviting, room_id, host_hash, 1)
    with pytest.raises(Refused):
        rooms.invite(room, "deeper", "hash", 1)
    with pytest.raises(Refused):
        rooms.invite(other, "one-too-many", "hash", 1)  # the table is full
    rooms.over(room)
    assert rooms.invite(owner, "another", "hash", 2).owner is owner


def test_it_outlives_its_hosts_absence_but_not_its_age() -> None:
    rooms = table()
    owner = rooms.for_kiosk("r", 0)
    owner.take(Role.KIOSK, "kiosk")
    rooms.invite(owner, GUESTS, "hash", 0)
    assert rooms.expired(3000) == []


async def invite(kiosk: aiohttp.ClientWebSocketResponse, room: str = GUESTS) -> bool:
    await kiosk.send_json({"type": "invite", "room": room, "host": token_hash(TOKEN)})
    answer = await said(kiosk)
    assert (answer["type"], answer["room"]) == ("invited", room)
    return bool(answer["open"])


async def host(client: Client, token: str = TOKEN) -> aiohttp.ClientWebSocketResponse:
    return await client.join(room=GUESTS, role="host", token=token)


async def test_host_and_guest_talk_and_the_first_room_hears_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        await said(kiosk)
        physician = await client.physician()
        await said(physician)
        await said(kiosk)
        assert await code(await host(client)) == 4404
        assert await invite(kiosk)
        assert not await invite(kiosk, "a-second-guest-room0")
        assert await code(await host(client, "a wrong token")) == 4401
        its_host = await host(client)
        assert await said(its_host) == {"type": "peer", "present": False}
        guest = await client.physician("seat-of-the-guest-00", GUESTS)
        assert await said(guest) == {"type": "peer", "present": True}
        assert await said(its_host) == {"type": "peer", "present": True}
        await guest.send_str("from the guest")
        assert (await its_host.receive(timeout=10)).data == "from the guest"
        await its_host.send_str("from the host")
        assert (await guest.receive(timeout=10)).data == "from the host"
        await kiosk.send_str("from the kiosk")
        assert (await physician.receive(timeout=10)).data == "from the kiosk"  # no order before it
        await kiosk.send_json({"type": "uninvite", "room": GUESTS})
        assert await code(guest) == 4404
        assert await code(its_host) == 4404
        assert not physician.closed


async def test_it_is_gone_with_the_kiosks_room(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        await said(kiosk)
        assert await invite(kiosk)
        guest = await client.physician("seat-of-the-guest-00", GUESTS)
        await kiosk.close(code=4000)
        assert await code(guest) == 4404
        assert await code(await host(client)) == 4404


async def test_it_waits_while_the_kiosk_is_cut_and_the_host_may_end_it(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        await said(kiosk)
        assert await invite(kiosk)
        await kiosk.close(code=1001)
        its_host = await host(client)
        assert (await said(its_host))["type"] == "peer"
        kiosk = await client.kiosk()
        await said(kiosk)
        assert await invite(kiosk)
        await its_host.close(code=4000)
        assert await code(await host(client)) == 4404


async def test_a_page_cannot_speak_for_the_rendezvous(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        await said(kiosk)
        physician = await client.physician(room=ROOM)
        await said(kiosk)
        for kind in ("servers", "peer", "refused", "invite"):
            await physician.send_json({"type": kind, "present": False, "ice": []})
        await physician.send_str("something true")
        assert (await kiosk.receive(timeout=10)).data == "something true"
