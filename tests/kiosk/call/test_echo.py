"""The echo guard in rooms made of numbers: 20 ms of loudspeaker and microphone in turn, as in a call."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ
from kiosk.call.both_talk import LATENCY_SAMPLES
from kiosk.call.echo import EchoGuard
from tests.fakes.call_bench import Loudspeaker, ToneSource
from tests.fakes.rooms import Signal, echo_of, likeness, power_db, speech, to_pcm

FAR = speech(14.0, seed=3, pitch_hz=110)
LEARNED = slice(4 * RATE_HZ, 8 * RATE_HZ)
TALK_ALONE = slice(RATE_HZ, 5 * RATE_HZ)
BOTH_TALK = slice(9 * RATE_HZ, 13 * RATE_HZ)


async def through_guard(far: Signal, microphone: Signal, late_every: int = 0) -> NDArray[np.int16]:
    """`late_every`: each so many chunks, what is played comes one chunk late (and two at once next time)."""
    guard = EchoGuard(ToneSource(0.0), Loudspeaker())
    played, near, out = to_pcm(far), to_pcm(microphone), []
    with guard.listen():
        waiting: list[NDArray[np.int16]] = []
        for at in range(0, len(near) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
            waiting.append(played[at : at + CHUNK_SAMPLES])
            if not (late_every and (at // CHUNK_SAMPLES) % late_every == 0):
                for piece in waiting:
                    guard.play(piece)
                waiting.clear()
            out.append(guard.clean(near[at : at + CHUNK_SAMPLES]))
    return np.concatenate(out)


def late(out: NDArray[np.int16]) -> NDArray[np.int16]:
    """Without the canceller's own delay."""
    return out[LATENCY_SAMPLES:]


@pytest.mark.parametrize("delay_s", [0.06, 0.2])
async def test_the_physician_does_not_hear_himself(delay_s: float) -> None:
    echo = echo_of(FAR, delay_s)
    out = await through_guard(FAR, echo)
    assert power_db(to_pcm(echo)[LEARNED]) - power_db(out[LEARNED]) > 30


async def test_late_pieces_of_sound_do_not_bring_the_echo_back() -> None:
    echo = echo_of(FAR, 0.08)
    out = await through_guard(FAR, echo, late_every=7)
    assert power_db(to_pcm(echo)[LEARNED]) - power_db(out[LEARNED]) > 20


async def test_the_patient_stays_intelligible_while_both_talk() -> None:
    near = speech(14.0, seed=7, pitch_hz=210) * 0.6
    near[: BOTH_TALK.start] = 0
    echo = echo_of(FAR, 0.08)
    out = await through_guard(FAR, echo + near)
    voice = to_pcm(near)[BOTH_TALK]
    assert likeness(voice, late(out)[BOTH_TALK]) > 0.65  # less than 0.6 from the canceller alone
    assert power_db(out[BOTH_TALK]) > power_db(voice) - 3


async def test_without_sound_from_the_loudspeaker_the_voice_passes() -> None:
    near = speech(6.0, seed=9, pitch_hz=180)
    out = await through_guard(np.zeros(len(near)), near)
    assert likeness(to_pcm(near)[TALK_ALONE], late(out)[TALK_ALONE]) > 0.97


async def test_everything_reaches_the_loudspeaker_and_listeners_come_and_go() -> None:
    microphone, loudspeaker = ToneSource(440.0), Loudspeaker()
    running = asyncio.create_task(microphone.run())
    guard = EchoGuard(microphone, loudspeaker)
    guard.play(np.ones(480, dtype=np.int16))
    assert len(loudspeaker.sound()) == 480
    for _ in range(2):  # a second connection listens while the first is closed
        with guard.listen() as one, guard.listen() as other:
            assert (await one.get()) is not None
            assert (await other.get()) is not None
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
