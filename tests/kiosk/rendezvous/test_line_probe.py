"""`/probe` measures the line of those who may join, and serves nobody else."""

import zlib
from pathlib import Path

import aiohttp

from kiosk.rendezvous.settings import Limits
from kiosk.rendezvous.turn import TurnSettings
from tests.kiosk.rendezvous.test_server import OTHER_SEAT, ROOM, SEAT, TOKEN, Client, said, served

PHYSICIAN = f"room={ROOM}&role=physician&seat={SEAT}"


async def status(client: Client, query: str, **headers: str) -> int:
    return (await client.get(f"/probe?{query}", headers or None)).status


async def post(
    client: Client,
    body: bytes,
) -> aiohttp.ClientResponse:
    return await client.post(f"/probe?{PHYSICIAN}", body)


async def test_bytes_both_ways(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        await said(await client.kiosk())
        given = await client.get(f"/probe?{PHYSICIAN}&bytes=300000")
        assert given.status == 200
        assert given.headers["Cache-Control"] == "no-store"
        body = await given.read()
        assert len(body) == 300_000
        assert len(zlib.compress(body)) >= len(body)
        assert (await (await client.get(f"/probe?{PHYSICIAN}")).read()) == b""
        taken = await post(client, b"x" * 300_000)
        assert await taken.json() == {"bytes": 300_000}


async def test_only_for_those_who_may_join(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        assert await status(client, PHYSICIAN) == 403  # no such room yet
        await said(await client.kiosk())
        assert await status(client, PHYSICIAN) == 200
        assert await status(client, f"room={ROOM}&role=kiosk", Authorization=f"Bearer {TOKEN}") == 200
        assert await status(client, f"room={ROOM}&role=kiosk", Authorization="Bearer wrong") == 403
        assert await status(client, f"room={ROOM}&role=kiosk") == 403
        assert await status(client, f"room={ROOM}&role=physician&seat=x") == 403
        assert await status(client, f"room=another-room-0000000&role=physician&seat={SEAT}") == 403
        assert await status(client, "") == 403
        physician = await client.physician(SEAT)
        await said(physician)
        assert await status(client, PHYSICIAN) == 200
        assert await status(client, PHYSICIAN.replace(SEAT, OTHER_SEAT)) == 403


async def test_sizes_and_rates_have_limits(tmp_path: Path) -> None:
    limits = Limits(probes_per_minute=12, heavy_probes_per_minute=2)
    async with served(tmp_path, limits) as (_, client):
        await said(await client.kiosk())
        for size, expected in (("2000001", 413), ("-1", 400), ("1e3", 400), ("²", 400)):
            assert await status(client, f"{PHYSICIAN}&bytes={size}") == expected
        assert (await post(client, b"x" * 2_000_001)).status == 413
        assert [await status(client, f"{PHYSICIAN}&bytes=2000000") for _ in range(3)] == [200, 200, 429]
        assert (await post(client, b"x" * 70_000)).status == 429
        assert [await status(client, PHYSICIAN) for _ in range(4)] == [200, 200, 200, 429]


async def test_the_relays_are_named_to_those_who_may_join(tmp_path: Path) -> None:
    turn = TurnSettings(("turn:turn.example.org:3478",), "a secret of both servers")
    async with served(tmp_path, turn=turn) as (_, client):
        await said(await client.kiosk())
        answer = await client.get(f"/servers?{PHYSICIAN}")
        told = await answer.json()
        assert told["ice"][0]["urls"] == ["turn:turn.example.org:3478"]
        assert told["ice"][0]["credential"]
        assert (await client.get(f"/servers?room={ROOM}&role=physician")).status == 403
