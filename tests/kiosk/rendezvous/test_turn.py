"""Time-limited credentials, and who is told of them when."""

import base64
import hashlib
import hmac
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from kiosk.rendezvous.server import Rendezvous
from kiosk.rendezvous.turn import TurnSettings, credentials, servers_message
from tests.kiosk.rendezvous.test_server import Client, said, settings

URLS = ("turn:relay.example.org:3478?transport=udp", "turns:relay.example.org:443?transport=tcp")
TURN = TurnSettings(URLS, "the secret of the relay", ("stun:relay.example.org",), 3600.0)


def test_the_password_is_made_as_the_draft_says() -> None:
    """draft-uberti-behave-turn-rest-00, section 2.2."""
    name, password = credentials("secret", "abc", 1_700_000_000)
    assert name == "1700000000:abc"
    assert base64.b64decode(password) == hmac.new(b"secret", name.encode(), hashlib.sha1).digest()


def test_the_message_holds_everything_and_each_party_has_its_own_name() -> None:
    message: Any = servers_message(TURN, 1000.0)
    assert message["type"] == "servers"
    assert message["relay_only"] is False
    assert message["ice"][0]["urls"] == list(URLS)
    assert message["ice"][1] == {"urls": ["stun:relay.example.org"]}
    assert message["ice"][0]["username"].startswith("4600:")
    again: Any = servers_message(TURN, 1000.0)
    assert again["ice"][0]["username"] != message["ice"][0]["username"]
    assert TURN.secret not in str(message)
    assert TURN.secret not in repr(TURN)


async def test_both_are_told_before_they_meet_and_again_in_time(tmp_path: Path) -> None:
    short = replace(TURN, credential_life_s=3.0)
    server = Rendezvous(replace(settings(tmp_path), turn=short))
    await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            client = Client(server, session)
            kiosk = await client.kiosk()
            assert [(await said(kiosk))["type"] for _ in range(2)] == ["servers", "peer"]
            physician = await client.physician()
            first = await said(physician)
            assert first["type"] == "servers"
            assert (await said(physician))["type"] == "peer"
            again = await said(physician)
            assert again["type"] == "servers"
            assert expiry(again) > expiry(first)
            assert expiry(first) > time.time()  # it was renewed before it ended
    finally:
        await server.stop()


def expiry(message: dict[str, Any]) -> int:
    return int(message["ice"][0]["username"].split(":")[0])
