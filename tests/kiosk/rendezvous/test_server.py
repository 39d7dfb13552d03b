"""The server over real TLS sockets."""

import asyncio
import io
import json
import logging
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kiosk.rendezvous.errors import RendezvousError, RendezvousReason
from kiosk.rendezvous.server import Rendezvous, run_rendezvous
from kiosk.rendezvous.settings import Limits, RendezvousSettings
from kiosk.rendezvous.turn import TurnSettings

TOKEN = "token-of-the-kiosk"
ROOM, SEAT, OTHER_SEAT = "room-of-this-link-00", "seat-of-the-first-00", "seat-of-a-second-000"


def settings(directory: Path, limits: Limits | None = None) -> RendezvousSettings:
    page = directory / "page"
    (page / "parts").mkdir(parents=True, exist_ok=True)
    (page / "index.html").write_text("<!doctype html><title>Télécabine</title>", encoding="utf-8")
    (page / "parts" / "app.js").write_text("export {};")
    (page / "notes.txt").write_text("not for the world")
    (directory / "secret.json").write_text("{}")
    return RendezvousSettings(page, directory / "tls", TOKEN, "127.0.0.1", 0, limits=limits or Limits())


class Client:
    """Opens WebSockets and pages at one server."""

    def __init__(self, server: Rendezvous, session: aiohttp.ClientSession) -> None:
        self._base = f"https://localhost:{server.port}"
        self._session = session
        self._context = ssl.create_default_context(cafile=server.cert_file)

    async def get(self, path: str, headers: dict[str, str] | None = None) -> aiohttp.ClientResponse:
        return await self._session.get(self._base + path, headers=headers, ssl=self._context)

    async def post(self, path: str, body: bytes) -> aiohttp.ClientResponse:
        return await self._session.post(self._base + path, data=io.BytesIO(body), ssl=self._context)

    async def join(
        self, headers: dict[str, str] | None = None, **query: str
    ) -> aiohttp.ClientWebSocketResponse:
        url = self._base + "/signal"
        return await self._session.ws_connect(url, params=query, headers=headers, ssl=self._context)

    async def kiosk(self, room: str = ROOM, token: str = TOKEN) -> aiohttp.ClientWebSocketResponse:
        return await self.join({"Authorization": f"Bearer {token}"}, room=room, role="kiosk")

    async def physician(self, seat: str = SEAT, room: str = ROOM) -> aiohttp.ClientWebSocketResponse:
        return await self.join(room=room, role="physician", seat=seat)


@asynccontextmanager
async def served(
    directory: Path, limits: Limits | None = None, turn: TurnSettings | None = None
) -> AsyncIterator[tuple[Rendezvous, Client]]:
    given = settings(directory, limits)
    server = Rendezvous(replace(given, turn=turn) if turn is not None else given)
    await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield server, Client(server, session)
    finally:
        await server.stop()


async def said(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message: dict[str, Any] = json.loads((await socket.receive(timeout=10)).data)
    return message


async def code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    while (await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
        pass
    return socket.close_code


async def test_frames_pass_verbatim_both_ways(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        assert await said(kiosk) == {"type": "peer", "present": False}
        physician = await client.physician()
        assert await said(physician) == {"type": "peer", "present": True}
        assert await said(kiosk) == {"type": "peer", "present": True}
        odd = ' {"é": 1 ,\n"type":"anything" } '
        await physician.send_str(odd)
        assert (await kiosk.receive(timeout=10)).data == odd
        await kiosk.send_str("not even JSON")
        assert (await physician.receive(timeout=10)).data == "not even JSON"
        await physician.close()
        assert await said(kiosk) == {"type": "peer", "present": False}


async def test_refusals(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        assert await code(await client.kiosk(token="another")) == 4401
        assert await code(await client.join(room=ROOM, role="kiosk")) == 4401
        assert await code(await client.physician()) == 4404
        kiosk = await client.kiosk()
        await said(kiosk)
        first = await client.physician()
        assert (await said(kiosk))["present"] is True
        assert await code(await client.physician(OTHER_SEAT)) == 4409
        assert await said(kiosk) == {"type": "refused"}
        assert not first.closed
        assert await code(await client.physician(room="another-room-0000000")) == 4404
        assert await code(await client.physician(room="../../etc/passwd")) == 4404
        assert await code(await client.physician(seat="")) == 4400
        assert await code(await client.join(room=ROOM, role="somebody", seat=SEAT)) == 4400


async def test_the_kiosk_ends_the_room(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        physician = await client.physician()
        await kiosk.close(code=4000)
        assert await code(physician) == 4404
        assert await code(await client.physician()) == 4404


async def test_a_kiosk_that_was_cut_finds_its_room(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        physician = await client.physician()
        await said(physician)
        await kiosk.close(code=1001)
        assert await said(physician) == {"type": "peer", "present": False}
        await client.kiosk()
        assert await said(physician) == {"type": "peer", "present": True}
        await client.kiosk()  # while the older connection still looks alive
        assert [(await said(physician))["present"] for _ in range(2)] == [False, True]


async def test_a_reserved_room_lets_its_physician_wait(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, client):
        server.reserve(ROOM)
        physician = await client.physician()
        assert await said(physician) == {"type": "peer", "present": False}
        await client.kiosk()
        assert await said(physician) == {"type": "peer", "present": True}


async def test_limits(tmp_path: Path) -> None:
    limits = Limits(message_bytes=2000, rooms=1, messages_per_minute=5, joins_per_minute=8)
    async with served(tmp_path, limits) as (_, client):
        kiosk = await client.kiosk()
        assert await code(await client.kiosk(room="a-second-room-000000")) == 4429
        physician = await client.physician()
        await physician.send_str("x" * 5000)
        assert await code(physician) in (1009, 1006)  # the unread rest may reset the connection first
        physician = await client.physician()
        for number in range(6):
            await physician.send_str(str(number))
        assert await code(physician) == 4400
        await kiosk.send_bytes(b"\0")
        assert await code(kiosk) == 4400
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            for _ in range(9):
                await client.physician()
        assert caught.value.status == 429


async def test_the_page_and_its_headers(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        page = await client.get("/")
        assert page.status == 200
        assert "Télécabine" in await page.text()
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert "camera=(self)" in page.headers["Permissions-Policy"]
        script = await client.get("/parts/app.js")
        assert script.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path", ["/notes.txt", "/../secret.json", "/%2e%2e/secret.json", "/parts", "/absent.js"]
)
async def test_nothing_else_is_served(tmp_path: Path, path: str) -> None:
    async with served(tmp_path) as (_, client):
        assert (await client.get(path)).status == 404


async def test_the_log_holds_no_room_and_no_seat(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(tmp_path) as (_, client):
        kiosk = await client.kiosk()
        physician = await client.physician()
        await physician.send_str("a message")
        await said(kiosk)
        await client.physician(OTHER_SEAT)
        await client.get("/?something")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("kiosk", "aiohttp"))]
    assert any("joined as kiosk" in line for line in ours)
    assert not [line for line in ours if ROOM in line or SEAT in line or TOKEN in line or "a message" in line]
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "app.js", "index.html", "notes.txt", "rendezvous.crt", "rendezvous.key", "secret.json",
    }  # fmt: skip


async def test_a_taken_port_and_a_missing_page_are_said(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, _):
        second = Rendezvous(replace(settings(tmp_path), port=server.port))
        with pytest.raises(RendezvousError) as caught:
            await second.start()
        assert caught.value.reason is RendezvousReason.PORT_BUSY
        nowhere = Rendezvous(replace(settings(tmp_path), page_dir=tmp_path / "nowhere"))
        with pytest.raises(RendezvousError) as caught:
            await nowhere.start()
        assert caught.value.reason is RendezvousReason.PAGE_MISSING


_ALONE = """
import sys
from pathlib import Path
from kiosk.rendezvous.server import run_rendezvous
from kiosk.rendezvous.settings import RendezvousSettings
page, tls, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
sys.exit(run_rendezvous(RendezvousSettings(page, tls, "a-token", "127.0.0.1", port)))
"""


async def test_alone_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    known = settings(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ALONE, str(known.page_dir), str(known.tls_dir), str(port)
    )
    try:
        cert_file = known.tls_dir / "rendezvous.crt"
        async with aiohttp.ClientSession() as session:
            assert "Télécabine" in await first_page(session, f"https://localhost:{port}/", cert_file)
    finally:
        process.terminate()
    assert await asyncio.wait_for(process.wait(), 15) == 0


async def first_page(session: aiohttp.ClientSession, url: str, cert_file: Path) -> str:
    """The page, as soon as somebody listens."""
    for _ in range(200):
        await asyncio.sleep(0.1)
        if not cert_file.exists() or not cert_file.read_bytes():
            continue
        try:
            context = ssl.create_default_context(cafile=cert_file)
            async with session.get(url, ssl=context) as page:
                return await page.text()
        except aiohttp.ClientConnectionError:
            continue
    raise TimeoutError(url)


def test_alone_it_says_when_it_cannot_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert run_rendezvous(replace(settings(tmp_path), page_dir=tmp_path / "nowhere")) == 1
    assert "page_missing" in caplog.text
