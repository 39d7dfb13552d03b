"""Auscultation: tones from 20 to 1000 Hz leave the stethoscope, and what the headphones get is compared.

The kiosk's call sends them to the page in real Chromium; the samples are read where Web Audio hands them to
the headphones, with the filter off and the volume at 0 dB. Chromium's own microphone path is not its
competitor here: what matters is the distance from what was sent. The clip of the record is decoded and
compared sample by sample.
"""

import asyncio
import math
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page, async_playwright

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, Samples
from kiosk.clip import decode_flac, line_clip, record_clip
from tests.bench.report import table
from tests.fakes.call_bench import Bench, ToneSource, bench
from tests.fakes.chromium import FLAGS, executable

TONES_HZ = (20, 30, 60, 100, 200, 500, 1000)
LEVEL = 0.1  # of each, so that all together do not clip
LIMIT_DB = 0.5
SETTLE_S = 2.0
LOOKS = 5
_LOOKS_MAX = 80
_WINDOW = 16_384
_REST_DB = -30.0  # more beside the tones than this: a packet came too late within the window, look again

# Everything that leads to the headphones also leads to an analyser, whose samples `heard()` gives.
TAP = f"""
(() => {{
  const taps = new Map();
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {{
    if (target instanceof AudioDestinationNode) {{
      if (!taps.has(target)) taps.set(target, new AnalyserNode(this.context, {{ fftSize: {_WINDOW} }}));
      connect.call(this, taps.get(target));
    }}
    return connect.call(this, target, ...rest);
  }};
  globalThis.heard = () => {{
    const tap = [...taps.values()].at(-1);
    if (!tap) return null;
    const samples = new Float32Array(tap.fftSize);
    tap.getFloatTimeDomainData(samples);
    return {{ rateHz: tap.context.sampleRate, samples: Array.from(samples) }};
  }};
}})();
"""


class Tones(ToneSource):
    """A stethoscope that hears all tones at once."""

    def __init__(self, tones_hz: tuple[int, ...] = TONES_HZ, level: float = LEVEL) -> None:
        super().__init__(0.0, level)
        self.tones_hz = tones_hz
        self.sent: list[Samples] = []

    def _samples(self) -> Samples:
        at_s = (np.arange(CHUNK_SAMPLES) + self._at) / RATE_HZ
        self._at += CHUNK_SAMPLES
        # The phases (Schroeder's) keep the sum from having one high peak.
        total = sum(
            np.sin(2 * np.pi * tone_hz * at_s + math.pi * n * n / len(self.tones_hz))
            for n, tone_hz in enumerate(self.tones_hz)
        )
        samples = np.rint(total * 32767 * self.level).astype(np.int16)
        self.sent.append(samples)
        return samples


def levels_db(samples: NDArray[Any], rate_hz: float) -> tuple[dict[int, float], float]:
    """The level of each tone (0 dB: full scale), and all that is none of them (0 dB: as loud as the whole).

    Least squares: tones that lie close together are told apart in a short window.
    """
    turns = 2 * np.pi * np.outer(np.arange(len(samples)) / rate_hz, TONES_HZ)
    model = np.hstack((np.cos(turns), np.sin(turns)))
    found, *_ = np.linalg.lstsq(model, samples, rcond=None)
    rest = np.mean((samples - model @ found) ** 2) / (np.mean(samples**2) + 1e-20)
    amplitudes = np.hypot(found[: len(TONES_HZ)], found[len(TONES_HZ) :])
    levels = 20 * np.log10(amplitudes + 1e-12)
    return dict(zip(TONES_HZ, levels.tolist(), strict=True)), float(10 * np.log10(rest + 1e-20))


async def listen(page: Page, kiosk: Bench) -> None:
    """What a physician does to listen; the helper's side obeys."""
    await page.goto(kiosk.link)
    await page.get_by_test_id("join").click()
    await page.locator('body[data-state="connected"]').wait_for(timeout=20_000)
    await page.get_by_test_id("stethoscope-switch").click()
    await page.get_by_test_id("headphones-on").click()
    await kiosk.until(lambda: ("stethoscope", True) in kiosk.notes.asked)
    kiosk.call.set_media(otoscope=False, stethoscope=True)


async def measure(page: Page, looks: int = LOOKS) -> dict[int, float]:
    """What arrives of each tone in dB against what was sent: the median of several looks without a jump.

    Raises RuntimeError when there are no such looks: then it is not these tones that arrive.
    """
    found: list[dict[int, float]] = []
    for _ in range(_LOOKS_MAX):
        await page.wait_for_timeout(1000 * _WINDOW / RATE_HZ)
        heard = await page.evaluate("heard()")
        levels, rest_db = levels_db(np.asarray(heard["samples"]), heard["rateHz"])
        if rest_db < _REST_DB:
            found.append(levels)
        if len(found) == looks:
            sent_db = 20 * math.log10(LEVEL)
            return {hz: round(float(np.median([look[hz] for look in found])) - sent_db, 3) for hz in TONES_HZ}
    raise RuntimeError(f"{len(found)} of {_LOOKS_MAX} looks had the tones and nothing else")


async def _run() -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="telecabine-auscultation-"))
        tones = Tones()
        kiosk = await stack.enter_async_context(bench(Path(scratch), stethoscope=tones))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*FLAGS])
        stack.push_async_callback(browser.close)
        page = await (await browser.new_context(ignore_https_errors=True)).new_page()
        await page.add_init_script(TAP)
        await listen(page, kiosk)
        await page.wait_for_timeout(SETTLE_S * 1000)
        filters: dict[str, dict[int, float]] = {}
        for name in ("wide", "heart", "lung"):
            await page.get_by_test_id(f"filter-{name}").click()
            await page.wait_for_timeout(1000)
            filters[name] = await measure(page)
        return {"limit_db": LIMIT_DB, "db": filters, **_record(np.concatenate(tones.sent))}


def _record(pcm: Samples) -> dict[str, Any]:
    clip = record_clip(pcm)
    kept, rate_hz = decode_flac(clip)
    copy, copy_rate_hz = decode_flac(line_clip(clip))
    middle = slice(len(copy) // 4, -len(copy) // 4)  # without the ends of the filter
    arrived, _ = levels_db(copy[middle] / 32767, copy_rate_hz)
    return {
        "record_differs_in_samples": int((kept != pcm).sum()) if len(kept) == len(pcm) else len(pcm),
        "record_rate_hz": rate_hz,
        "record_bytes_per_s": round(len(clip) / (len(pcm) / RATE_HZ)),
        "copy_db": {tone_hz: round(level - 20 * math.log10(LEVEL), 3) for tone_hz, level in arrived.items()},
    }


def run() -> dict[str, Any]:
    return asyncio.run(_run())


def show(result: dict[str, Any]) -> str:
    rows = [
        (f"{tone_hz} Hz", *(f"{result['db'][name][tone_hz]:+.2f}" for name in ("wide", "heart", "lung")),
         f"{result['copy_db'][tone_hz]:+.2f}")
        for tone_hz in TONES_HZ
    ]  # fmt: skip
    head = ("", "live, no filter", "heart", "lung", "copy for a poor line")
    worst = max(abs(db) for db in result["db"]["wide"].values())
    differs = result["record_differs_in_samples"]
    return "\n".join((
        table("In the headphones against what was sent (dB)", head, rows),
        f"\nlive, no filter: at most {worst:.2f} dB off (limit {result['limit_db']})",
        f"record, {result['record_rate_hz']} Hz: {f'{differs} samples differ' if differs else 'bit-exact'}",
    ))  # fmt: skip
