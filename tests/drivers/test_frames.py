"""The one-slot mailbox, from another thread as in life."""

import asyncio
import threading

import numpy as np
import pytest

from drivers.frames import FrameSlot, VideoFrame, to_bgra, to_i420


def frame(sequence: int) -> VideoFrame:
    return VideoFrame(np.zeros((6, 4), dtype=np.uint8), 4, 4, float(sequence), sequence)


async def test_next_waits_for_a_frame_put_by_a_thread() -> None:
    slot = FrameSlot()
    waiting = asyncio.create_task(slot.next())
    await asyncio.sleep(0)
    thread = threading.Thread(target=slot.put, args=(frame(1),))
    thread.start()
    assert (await asyncio.wait_for(waiting, 5)).sequence == 1
    thread.join()


async def test_only_the_latest_is_kept() -> None:
    slot = FrameSlot()
    for sequence in range(5):
        slot.put(frame(sequence))
    latest = slot.latest()
    assert latest is not None and latest.sequence == 4
    assert (await slot.next(after=3)).sequence == 4
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slot.next(after=4), 0.05)


async def test_a_waiter_that_gave_up_does_no_harm() -> None:
    slot = FrameSlot()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(slot.next(), 0.01)
    slot.put(frame(1))
    await asyncio.sleep(0)
    assert (await slot.next()).sequence == 1


def test_a_loop_that_ended_does_no_harm() -> None:
    slot = FrameSlot()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slot.next(), 0.01)

    asyncio.run(give_up())
    slot.put(frame(1))
    assert slot.latest() is not None


def test_cleared_slot_shows_nothing() -> None:
    slot = FrameSlot()
    slot.put(frame(1))
    slot.clear()
    assert slot.latest() is None


def test_colours_survive_the_way_to_the_painter() -> None:
    red = np.full((48, 64, 3), (20, 30, 220), dtype=np.uint8)
    painted = to_bgra(to_i420(red, 0.0, 1))
    assert painted.shape == (48, 64, 4)
    assert np.abs(painted[..., :3].astype(int) - red).max() <= 4
    assert (painted[..., 3] == 255).all()


def test_odd_sizes_are_cut_to_even() -> None:
    converted = to_i420(np.zeros((5, 7, 3), dtype=np.uint8), 0.0, 1)
    assert (converted.width, converted.height, converted.i420.shape) == (6, 4, (6, 6))
