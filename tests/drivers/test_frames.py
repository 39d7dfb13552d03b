"""The one-slot mailbox, from another thread as in life."""

import asyncio
import threading

import numpy as np
import pytest

from drivers.frames import FrameSlot, VideoFrame, sharpest, to_bgra, to_i420


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


def test_pictures_of_the_last_moment_are_recalled() -> None:
    slot = FrameSlot(recall_s=2.0)
    for sequence in range(5):
        slot.put(frame(sequence))
    assert [each.sequence for each in slot.recent()] == [2, 3, 4]
    slot.clear()
    assert slot.recent() == ()


def test_the_sharpest_picture_is_the_one_before_the_hand_moved() -> None:
    import cv2

    ear = np.random.default_rng(7).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    moved = np.asarray(cv2.blur(ear, (9, 9)), dtype=np.uint8)
    noisy_dark = np.asarray(ear // 8, dtype=np.uint8)
    frames = [to_i420(each, 0.0, n) for n, each in enumerate((moved, ear, noisy_dark, moved))]
    assert sharpest(frames).sequence == 1
    assert sharpest([frames[0], frames[3]]).sequence == 3
