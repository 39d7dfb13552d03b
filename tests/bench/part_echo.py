"""Echo: a far voice in synthetic rooms, alone and under a near voice, through what the call does with it.

Beside each other in the same run: the plain microphone (no canceller), AEC3 as `pywebrtc-audio` has it, the
same given what is played 40 ms later as the kiosk does, and the kiosk's guard (which also lets a part of the
microphone through while both talk). All get the same 20 ms in the same order. These rooms are made of
numbers: docs/echo.md says how to measure a real one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pywebrtc_audio import EchoCanceller

from drivers.chunks import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Samples
from kiosk.call.both_talk import LATENCY_SAMPLES
from kiosk.call.echo import EchoGuard, Played
from tests.bench.report import table
from tests.fakes.call_bench import Loudspeaker, ToneSource
from tests.fakes.rooms import Signal, echo_of, likeness, power_db, speech, to_pcm

LEARNING_S, ALONE_S, BOTH_S = 4, 3, 4
SECONDS = LEARNING_S + ALONE_S + 1 + BOTH_S
ALONE = slice(LEARNING_S * RATE_HZ, (LEARNING_S + ALONE_S) * RATE_HZ)
BOTH = slice((SECONDS - BOTH_S) * RATE_HZ, SECONDS * RATE_HZ - CHUNK_SAMPLES)
NEAR_LEVEL = 0.6
SEEDS = (3, 5, 11)
WAYS = ("no canceller", "AEC3", "AEC3, 40 ms later", "the kiosk's guard")
AIM_DB = 30.0
_SEGMENT = RATE_HZ // 50
_SEGMENT_DB = (-10.0, 35.0)  # of segmental SNR, as is usual

Process = Callable[[Samples, Samples], Samples]


@dataclass(frozen=True, slots=True)
class Room:
    """How late the loudspeaker comes back, how long it rings (60 dB), and how loud it is."""

    delay_ms: int
    reverberation_ms: int
    gain: float = 0.5


ROOMS = (Room(40, 150), Room(80, 300), Room(80, 600), Room(200, 600))


def processes() -> dict[str, Process]:
    """Fresh ones: (what the loudspeaker is given, the microphone) to what the physician would hear."""
    guard = EchoGuard(ToneSource(0.0), Loudspeaker())

    def guarded(far: Samples, near: Samples) -> Samples:
        guard._played.add(far)  # as `play` does while somebody listens
        return guard.clean(near)

    ways = (lambda far, near: near, _aec3(lambda far: far), _aec3(_later()), guarded)
    return dict(zip(WAYS, ways, strict=True))


def _aec3(ordered: Callable[[Samples], Samples]) -> Process:
    canceller = EchoCanceller(sample_rate=RATE_HZ, num_channels=1)
    return lambda far, near: np.asarray(canceller.process(near, ordered(far)), dtype=np.int16).reshape(-1)


def _later() -> Callable[[Samples], Samples]:
    played = Played()

    def later(far: Samples) -> Samples:
        played.add(far)
        return played.take()

    return later


def through(process: Process, far: Signal, microphone: Signal) -> tuple[Samples, float]:
    """What comes out, without the canceller's own delay, and the processor's ms for each 20 ms."""
    played, near, out = to_pcm(far), to_pcm(microphone), []
    began_s = time.process_time()
    for at in range(0, len(near) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        out.append(process(played[at : at + CHUNK_SAMPLES], near[at : at + CHUNK_SAMPLES]))
    return np.concatenate(out), (time.process_time() - began_s) * 1000 / len(out)


def snr_db(voice: Samples, heard: Samples) -> float:
    """Segmental: the mean over 20 ms pieces in which the near voice speaks, each at its best level."""
    count = len(voice) // _SEGMENT * _SEGMENT
    clean = voice[:count].reshape(-1, _SEGMENT).astype(np.float64)
    rest = heard[:count].reshape(-1, _SEGMENT) - clean
    power, noise = (clean**2).mean(1), (rest**2).mean(1)
    spoken = power > power.max() * 1e-3
    return float(np.clip(10 * np.log10(power[spoken] / (noise[spoken] + 1e-9)), *_SEGMENT_DB).mean())


def measure(room: Room, seed: int) -> dict[str, dict[str, float]]:
    """One room and one pair of voices: each way's figures."""
    far = speech(SECONDS, seed=seed, pitch_hz=110)
    near = speech(SECONDS, seed=seed + 100, pitch_hz=210) * NEAR_LEVEL
    near[: BOTH.start] = 0
    echo = echo_of(far, room.delay_ms / 1000, room.reverberation_ms / 1000, room.gain)
    found = {}
    for name, process in processes().items():
        out, cost_ms = through(process, far, echo + near)
        late = 0 if name == WAYS[0] else LATENCY_SAMPLES
        voice, heard = to_pcm(near)[BOTH], out[late:][BOTH]
        length = min(len(voice), len(heard))
        found[name] = {
            "reduction_db": power_db(to_pcm(echo)[ALONE]) - power_db(out[ALONE]),
            "likeness": likeness(voice[:length], heard[:length]),
            "snr_db": snr_db(voice[:length], heard[:length]),
            "level_db": power_db(heard[:length]) - power_db(voice[:length]),
            "cpu_ms": cost_ms,
        }
    return found


def run(rooms: tuple[Room, ...] = ROOMS, seeds: tuple[int, ...] = SEEDS) -> dict[str, Any]:
    """Medians of the seeds for each room and way; `worst`: the least of all rooms."""
    figures: list[dict[str, Any]] = []
    for room in rooms:
        samples = [measure(room, seed) for seed in seeds]
        ways = {
            way: {
                key: round(float(np.median([sample[way][key] for sample in samples])), 3)
                for key in samples[0][way]
            }
            for way in WAYS
        }
        figures.append({"delay_ms": room.delay_ms, "reverberation_ms": room.reverberation_ms, "ways": ways})
    worst = {
        way: {
            key: min(figure["ways"][way][key] for figure in figures)
            for key in ("reduction_db", "likeness", "snr_db")
        }
        for way in WAYS
    }
    return {"seeds": list(seeds), "aim_db": AIM_DB, "rooms": figures, "worst": worst}


def show(result: dict[str, Any]) -> str:
    figures = result["rooms"]
    head = ("delay / reverberation", *WAYS)

    def rows(key: str, form: str) -> list[tuple[str, ...]]:
        return [
            (f"{each['delay_ms']} / {each['reverberation_ms']} ms",
             *(format(each["ways"][way][key], form) for way in WAYS))
            for each in figures
        ]  # fmt: skip

    cpu_ms = float(np.median([each["ways"][WAYS[-1]]["cpu_ms"] for each in figures]))
    least_db = result["worst"][WAYS[-1]]["reduction_db"]
    verdict = "met" if least_db >= result["aim_db"] else "not met"
    return "\n".join((
        table("Echo of a far voice alone taken out (dB)", head, rows("reduction_db", ".1f")),
        table("Near voice while both talk: rhythm of its bands kept (0 to 1)", head, rows("likeness", ".2f")),
        table("Near voice while both talk: segmental SNR (dB)", head, rows("snr_db", ".1f")),
        table("Level while both talk, against the near voice alone (dB)", head, rows("level_db", "+.1f")),
        f"\nthe guard's least reduction: {least_db:.1f} dB (aim {result['aim_db']:.0f}: {verdict}); "
        f"processor {cpu_ms:.2f} ms of each {CHUNK_MS} ms",
    ))  # fmt: skip
