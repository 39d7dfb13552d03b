"""What the kiosk sends, and when: a track that is told to stop stops, whatever arrives at that moment."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, AudioChunk, ChunkQueue
from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.streams import Size, VideoTarget
from kiosk.call.switch import Switch
from kiosk.call.tracks import VIDEO_CLOCK_HZ, PcmTrack, VideoTrack


class Microphone:
    """A source with one listener, which speaks when it is told to."""

    def __init__(self) -> None:
        self.queue = ChunkQueue()

    @contextmanager
    def listen(self) -> Iterator[ChunkQueue]:
        yield self.queue

    def speak(self, captured_s: float = 0.0) -> None:
        self.queue.put(AudioChunk(np.ones(CHUNK_SAMPLES, dtype=np.int16), captured_s, 1))


@pytest.mark.parametrize("steps", range(6))
async def test_a_cancellation_is_never_swallowed(steps: int) -> None:
    """Also not when sound comes in the same turn of the loop: the connection would never close."""
    microphone = Microphone()
    track = PcmTrack(microphone, Switch(on=True), Switch(), fill=True)
    receiving = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    microphone.speak()
    for _ in range(steps):
        await asyncio.sleep(0)
    if receiving.cancel():
        with pytest.raises(asyncio.CancelledError):
            await receiving
    track.stop()


ORIGIN_S = 1_000.0


def i420(sequence: int, captured_s: float) -> VideoFrame:
    return VideoFrame(np.full((48, 32), 128, dtype=np.uint8), 32, 32, captured_s, sequence)


def target(rate_bps: int = 300_000, rate_hz: float = 1_000.0) -> VideoTarget:
    return VideoTarget(rate_bps, Size(32, 32, rate_hz))


def video(slot: FrameSlot, live: LiveTarget) -> VideoTrack:
    return VideoTrack(slot, Switch(on=True), 1_000.0, live, ORIGIN_S)


async def test_a_picture_has_the_time_at_which_it_was_captured() -> None:
    slot = FrameSlot()
    track, times = video(slot, LiveTarget(target())), []
    for sequence, captured_s in enumerate((1_002.0, 1_002.04, 1_002.03, 1_005.5)):
        slot.put(i420(sequence, captured_s))
        times.append((await track.recv()).pts)
    # The third is older than the second: times never go back.
    assert times == [
        2 * VIDEO_CLOCK_HZ,
        round(2.04 * VIDEO_CLOCK_HZ),
        round(2.04 * VIDEO_CLOCK_HZ) + 1,
        495_000,
    ]
    track.stop()


async def test_nothing_leaves_while_the_target_is_zero_and_then_a_key_picture_is_asked_for() -> None:
    slot, live, resumed = FrameSlot(), LiveTarget(target(rate_bps=0)), []
    track = video(slot, live)
    track.resumed = lambda: resumed.append(True)
    slot.put(i420(0, 1_001.0))
    receiving = asyncio.create_task(track.recv())
    await asyncio.sleep(0.05)
    assert not receiving.done()
    live.set(target())
    async with asyncio.timeout(5):
        await receiving
    assert resumed == [True]
    track.stop()


async def test_pictures_are_skipped_not_queued_while_much_waits_to_be_sent() -> None:
    slot = FrameSlot()
    track, backlog_s = video(slot, LiveTarget(target())), 10.0
    track.backlog_s = lambda: backlog_s
    receiving = asyncio.create_task(track.recv())
    for sequence in range(5):
        slot.put(i420(sequence, 1_001.0 + sequence))
        await asyncio.sleep(0.02)
    assert not receiving.done()
    backlog_s = 0.0
    async with asyncio.timeout(5):
        assert (await receiving).pts == 5 * VIDEO_CLOCK_HZ  # the newest
    track.stop()


@pytest.mark.parametrize("rate_hz", [10.0, 50.0])
async def test_the_rate_may_change_at_any_time(rate_hz: float) -> None:
    """At least so much time passes, whatever the camera gives; it may not be exact on a busy machine."""
    slot, live, sequence = FrameSlot(), LiveTarget(target()), 0
    track = video(slot, live)

    async def film() -> None:
        nonlocal sequence
        while True:
            slot.put(i420(sequence, 1_001.0 + sequence / 100))
            sequence += 1
            await asyncio.sleep(0.004)

    filming = asyncio.create_task(film())
    await track.recv()
    live.set(target(rate_hz=rate_hz))
    await track.recv()
    began_s = time.monotonic()
    for _ in range(5):
        await track.recv()
    assert time.monotonic() - began_s > 3.5 / rate_hz
    filming.cancel()
    track.stop()


async def sound_times(captured_s: list[float]) -> tuple[list[int], PcmTrack]:
    microphone = Microphone()
    track = PcmTrack(microphone, Switch(on=True), Switch(), fill=False, origin_s=ORIGIN_S)
    times = []
    for at_s in captured_s:
        microphone.speak(at_s)
        times.append((await track.recv()).pts or 0)
    track.stop()
    return times, track


def steps(times: list[int]) -> list[int]:
    return [after - before for before, after in pairwise(times)]


async def test_sound_has_the_time_of_its_first_sample_and_no_jitter() -> None:
    """A chunk is known when its last sample is there; the loop may hear of it late."""
    jitter = np.random.default_rng(2).uniform(0, 0.03, 200)
    times, _ = await sound_times([1_002.02 + 0.02 * n + (jitter[n] if n else 0) for n in range(200)])
    assert times[0] == 2 * RATE_HZ
    assert set(steps(times)) == {CHUNK_SAMPLES}


async def test_a_busy_loop_that_catches_up_moves_nothing() -> None:
    """Six chunks are heard of together, a tenth of a second late."""
    times, _ = await sound_times([1_002 + max(0.02 * n, 1.12 if 50 <= n < 57 else 0) for n in range(100)])
    assert set(steps(times)) == {CHUNK_SAMPLES}


@pytest.mark.parametrize("pause_s", [0.2, 3.0])
async def test_a_pause_of_the_microphone_shows_in_the_time(pause_s: float) -> None:
    times, _ = await sound_times([1_002 + 0.02 * n + (pause_s if n >= 50 else 0) for n in range(100)])
    assert times[-1] - times[0] == pytest.approx(RATE_HZ * (0.02 * 99 + pause_s), abs=RATE_HZ * 0.005)
    assert len([step for step in steps(times) if step != CHUNK_SAMPLES]) == 1
    assert min(steps(times)) == CHUNK_SAMPLES


@pytest.mark.parametrize("drift", [-100e-6, 100e-6])
async def test_the_clock_of_a_sound_card_is_followed_without_a_jump(drift: float) -> None:
    """Twenty minutes at 100 millionths: the times count samples, `pts_at` knows when each was captured."""
    captured_s = [1_002 + 0.02 * n * (1 + drift) for n in range(60_000)]
    times, track = await sound_times(captured_s)
    assert set(steps(times)) == {CHUNK_SAMPLES}
    assert track.pts_at(captured_s[-1] - 0.02) == pytest.approx(times[-1], abs=0.005 * RATE_HZ)
