"""What the page does, and says, when the line is too narrow for pictures."""

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.async_api import Page, expect

from tests.fakes.call_bench import Bench
from tests.ui.physician.visit import in_state, join, until

_LIGHT = np.full((90, 160, 3), (60, 200, 240), dtype=np.uint8)

# Seconds and the browser's estimate at that moment; answers [picture, leanVoice] after each.
_DECIDE = """async (seen) => {
  const { NarrowLine } = await import("/narrow.js");
  const line = new NarrowLine();
  return seen.map(([s, bps]) => (line.see(bps, s * 1000), [line.picture, line.leanVoice]));
}"""


def jpeg() -> str:
    return base64.b64encode(cv2.imencode(".jpg", _LIGHT)[1].tobytes()).decode()


def say(kiosk: Bench, **message: Any) -> None:
    kiosk.call._connections.channels.send_live(json.dumps({"v": 1, **message}))


async def decide(page: Page, kiosk: Bench, *seen: tuple[float, int]) -> list[list[bool]]:
    await page.goto(kiosk.link)
    decisions: list[list[bool]] = await page.evaluate(_DECIDE, [list(look) for look in seen])
    return decisions


async def voice_packets(page: Page) -> int:
    """How many have left the page."""
    return int(
        await page.evaluate(
            "async () => [...(await peers.at(-1).getStats()).values()]"
            ".find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio').packetsSent"
        )
    )


async def test_a_still_picture_says_that_it_is_one(page: Page, kiosk: Bench, tmp_path: Path) -> None:
    await join(page, kiosk.link)
    badge, still = page.get_by_test_id("face-still-badge"), page.get_by_test_id("face-still")
    say(kiosk, type="video", face="paused", otoscope="live")
    await expect(badge).to_contain_text("La ligne ne porte plus la vidéo")
    await expect(still).to_be_hidden()
    say(kiosk, type="still", what="face", t0="2026-03-09T14:30:15.250+00:00", jpeg=jpeg())
    await expect(still).to_be_visible()
    await expect(badge).to_contain_text("Image fixe de ")
    assert await still.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160
    await page.screenshot(path=tmp_path / "still.png")
    say(kiosk, type="still", what="face", t0="2026-03-09T14:30:05.250+00:00", jpeg="AAAA")  # older: late
    say(kiosk, type="video", face="live", otoscope="live")
    await expect(badge).to_be_hidden()
    await expect(still).to_be_hidden()


async def test_a_still_that_is_none_is_left_out(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    say(kiosk, type="video", face="paused", otoscope="paused")
    for content in ("x' onerror='alert(1)", 7, None):
        say(kiosk, type="still", what="face", t0="2026-03-09T14:30:15.250+00:00", jpeg=content)
    say(kiosk, type="still", what="face", t0="yesterday", jpeg=jpeg())
    say(kiosk, type="still", what="toString", t0="2026-03-09T14:30:15.250+00:00", jpeg=jpeg())
    say(kiosk, type="hello", session="2026-0002", site="Pharmacie", words=[])
    await expect(page.locator("#session-number")).to_contain_text("2026-0002")
    await expect(page.get_by_test_id("face-still")).to_be_hidden()


async def test_the_own_picture_is_given_up_before_the_voice(page: Page, kiosk: Bench) -> None:
    looks = ((0, 300_000), (1, 100_000), (2, 100_000), (3, 100_000), (4, 60_000))
    assert await decide(page, kiosk, *looks) == [
        [True, False], [True, False], [True, False], [False, True], [False, True],
    ]  # fmt: skip


async def test_the_own_picture_returns_and_is_tried_less_and_less_often(page: Page, kiosk: Bench) -> None:
    """An estimate cannot grow while nothing is sent: it is tried after 15 s, then after 30."""
    low = [(second, 70_000) for second in range(80)]
    pictures = [picture for picture, _ in await decide(page, kiosk, *low)]
    returns = [n for n in range(1, 80) if pictures[n] and not pictures[n - 1]]
    assert returns == [18, 52]


async def test_a_line_that_has_widened_is_used_at_once(page: Page, kiosk: Bench) -> None:
    seen = [*((second, 70_000) for second in range(10)), (10, 400_000), (11, 400_000)]
    decisions = await decide(page, kiosk, *seen)
    assert decisions[9] == [False, True]
    assert decisions[-1] == [True, False]


async def test_a_suspended_picture_is_not_sent_and_is_said(page: Page, kiosk: Bench) -> None:
    """The true sender of a true connection: no picture leaves, the voice does."""
    await page.add_init_script(
        "window.peers = []; const Stock = RTCPeerConnection;"
        "window.RTCPeerConnection = class extends Stock {"
        "  constructor(...given) { super(...given); peers.push(this); }"
        "  async getStats(...given) { const all = await super.getStats(...given);"
        "    const low = (report) => report.type === 'candidate-pair'"
        "      ? { ...report, availableOutgoingBitrate: 70000 } : report;"
        "    return new Map([...all].map(([id, report]) => [id, low(report)])); } };"
    )
    await join(page, kiosk.link)
    await expect(page.get_by_test_id("own-suspended")).to_contain_text(
        "Votre image est suspendue", timeout=15_000
    )
    senders = "() => peers.at(-1).getSenders().map((s) => s.getParameters().encodings[0] ?? {})"
    voice, face = (await page.evaluate(senders))[:2]
    assert face["active"] is False
    assert (voice["active"], voice["maxBitrate"], voice["priority"]) == (True, 16_000, "high")
    await until(lambda: page.evaluate("() => peers.at(-1).remoteDescription.sdp.includes('a=ptime:60')"))
    sent, heard = await voice_packets(page), len(kiosk.loudspeaker.pieces)
    await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > heard + 100)
    pieces = len(kiosk.loudspeaker.pieces) - heard  # of 20 ms each
    assert 0 < await voice_packets(page) - sent < pieces / 2
    await in_state(page, "connected")


async def test_a_voice_that_gets_lost_is_repeated(page: Page, kiosk: Bench) -> None:
    """The true sender of a true connection: what it says of the losses is the only thing made up."""
    await page.add_init_script(
        "window.peers = []; window.lost = 0; const Stock = RTCPeerConnection;"
        "window.RTCPeerConnection = class extends Stock {"
        "  constructor(...given) { super(...given); peers.push(this); }"
        "  async getStats(...given) { const all = await super.getStats(...given);"
        "    const told = (report) => report.type === 'candidate-pair'"
        "      ? { ...report, availableOutgoingBitrate: 900000 }"
        "      : report.type === 'remote-inbound-rtp' ? { ...report, fractionLost: lost } : report;"
        "    return new Map([...all].map(([id, report]) => [id, told(report)])); } };"
    )
    await join(page, kiosk.link)
    plain_bytes = await _voice_packet_bytes(page)
    await page.evaluate("() => { lost = 0.1; }")
    await until(lambda: _is_longer(page, 1.5 * plain_bytes))
    played_s = _played_s(kiosk)
    await kiosk.until(lambda: _played_s(kiosk) > played_s + 1)  # the kiosk understands it
    await page.evaluate("() => { lost = 0; }")
    await until(lambda: _is_shorter(page, 1.25 * plain_bytes), timeout_s=25)


def _played_s(kiosk: Bench) -> float:
    """Of the physician's voice, what was really received."""
    peer = kiosk.call._connections._peer
    return peer.voice.played_s if peer is not None and peer.voice is not None else 0.0


async def _is_longer(page: Page, length_bytes: float) -> bool:
    return await _voice_packet_bytes(page) > length_bytes


async def _is_shorter(page: Page, length_bytes: float) -> bool:
    return await _voice_packet_bytes(page) < length_bytes


async def _voice_packet_bytes(page: Page) -> float:
    """The mean of a second; the statistics do not tell redundant packets otherwise."""
    return float(
        await page.evaluate(
            "async () => {"
            " const look = async () => [...(await peers.at(-1).getStats()).values()]"
            "   .find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio');"
            " const before = await look(); await new Promise((done) => setTimeout(done, 1000));"
            " const after = await look();"
            " return (after.bytesSent - before.bytesSent) / (after.packetsSent - before.packetsSent); }"
        )
    )
