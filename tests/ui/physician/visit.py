"""What a physician does on the page, and what a test looks at there."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Locator, Page, expect

from devices.reading import Reading
from tests.fakes.call_bench import Bench
from tests.ui.physician.samples import CHUNK, PERIOD_MS, pleth

CONNECT_MS = 20_000


async def in_state(page: Page, state: str, timeout_ms: float = CONNECT_MS) -> None:
    await expect(page.locator("body")).to_have_attribute("data-state", state, timeout=timeout_ms)


async def join(page: Page, link: str, state: str = "connected") -> None:
    await page.goto(link)
    await page.get_by_test_id("join").click()
    await in_state(page, state)


async def row(page: Page, reading: Reading) -> Locator:
    """The reading's row in the table, once it is there."""
    found = page.locator(f'[data-testid="history-row"][data-reading-id="{reading.id}"]')
    await expect(found).to_have_count(1)
    return found


async def obey(kiosk: Bench, asked: tuple[str, bool]) -> None:
    """The helper's side does what the physician asked for."""
    await kiosk.until(lambda: asked in kiosk.notes.asked)
    wanted = dict(kiosk.notes.asked)
    kiosk.call.set_media(wanted.get("otoscope", False), wanted.get("stethoscope", False))


async def send_pleth(kiosk: Bench, first: int, chunks: int, t0: datetime, gap: bool = False) -> None:
    """Chunks of a wave at the pace of the oximeter."""
    for sequence in range(first, first + chunks):
        kiosk.call.send_waveform(pleth(sequence, t0, gap and sequence == first))
        due_s = float(PERIOD_MS) / 1000 * CHUNK * (sequence + 1)
        await asyncio.sleep(max(0.0, t0.timestamp() + due_s - datetime.now(UTC).timestamp()))


async def pixels(locator: Locator) -> NDArray[np.uint8]:
    """A canvas or the current picture of a video, as RGBA."""
    url = await locator.evaluate(
        """(source) => {
             const canvas = document.createElement("canvas");
             canvas.width = source.videoWidth ?? source.width;
             canvas.height = source.videoHeight ?? source.height;
             canvas.getContext("2d").drawImage(source, 0, 0);
             return canvas.toDataURL("image/png");
           }"""
    )
    data = np.frombuffer(base64.b64decode(url.split(",")[1]), dtype=np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), dtype=np.uint8)


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 15) -> None:
    """Ask the page again and again: it has no way to tell us."""
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def narrow_for_good(kiosk: Bench) -> None:
    """The line carries no more than a voice: so the kiosk finds, and says."""
    peer = kiosk.call._connections._peer
    assert peer is not None and peer._outgoing.line is not None
    controller = peer._outgoing.line.controller
    controller._max_bps = 60_000
    controller._set(60_000)
