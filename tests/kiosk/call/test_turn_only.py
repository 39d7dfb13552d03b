"""Relays and nothing else: the real page in a real Chromium, through a real coturn."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from kiosk.call.figures import RelayFigures, Way
from kiosk.events import CallPhase
from kiosk.rendezvous.turn import TurnSettings
from tests.fakes.call_bench import Bench, bench
from tests.fakes.chromium import FLAGS, executable
from tests.fakes.turn_server import HOST, SECRET, free_port, turn_server

_FRAMES = "() => document.getElementById('patient').getVideoPlaybackQuality().totalVideoFrames >= 10"
# WebRTC verifies a relay's certificate by the browser's own list; the kiosk's side is verified in earnest.
_BROWSER = (*FLAGS, "--ignore-certificate-errors")


@contextmanager
def black_hole() -> Iterator[str]:
    """A relay's address where somebody listens and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        yield f"turn:{HOST}:{silent.getsockname()[1]}?transport=udp"


async def consult(kiosk: Bench, page: Page) -> None:
    await page.goto(kiosk.link)
    await page.get_by_test_id("join").click()
    await kiosk.until_phase(CallPhase.CONNECTED)
    await page.wait_for_function(_FRAMES, timeout=20_000)
    await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > 25)


def pairs(kiosk: Bench) -> set[tuple[str, str]]:
    """Kinds of the candidates that the kiosk's connection uses: its own, the browser's."""
    peer = kiosk.call._connections._peer
    assert peer is not None
    agent = next(iter(peer._connection._RTCPeerConnection__iceTransports))._connection  # type: ignore[attr-defined]
    nominated = agent._nominated.values()
    return {(pair.local_candidate.type, pair.remote_candidate.type) for pair in nominated}


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_the_first_relay_is_dead_and_a_call_comes_about(tmp_path: Path, way: str) -> None:
    async with turn_server(tmp_path) as server, async_playwright() as playwright:
        with black_hole() as dead:
            refused = f"turn:{HOST}:{free_port()}?transport=tcp"
            turn = TurnSettings((dead, refused, str(getattr(server, way))), SECRET, relay_only=True)
            browser = await playwright.chromium.launch(executable_path=executable(), args=[*_BROWSER])
            try:
                async with bench(tmp_path, turn=turn, turn_ca_file=server.ca_file) as kiosk:
                    context = await browser.new_context(ignore_https_errors=True)
                    await consult(kiosk, await context.new_page())
                    assert pairs(kiosk) == {("relay", "relay")}
                    chosen = kiosk.call._reaching.chosen
                    assert chosen is not None
                    assert chosen.server.url.text == getattr(server, way)
                    seen, url = kiosk.call.figures(), chosen.server.url
                    assert seen is not None and seen.way is Way.OUR_RELAY
                    assert seen.relay == RelayFigures(url.host, url.transport)
            finally:
                await browser.close()
