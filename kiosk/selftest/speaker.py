"""The loudspeaker: the sound server takes a tone for it. Whether somebody hears it is for the technician."""

import asyncio
import math
from array import array
from asyncio.subprocess import DEVNULL, PIPE

from kiosk.selftest.report import Check, Part, Problem, green, red

RATE_HZ = 48_000
TONE_HZ = 440
TONE_S = 0.3
TIMEOUT_S = 4.0


async def check_speaker(sink: str) -> Check:
    """Play a short quiet tone on the configured output (the default one when empty)."""
    device = [f"--device={sink}"] if sink else []
    command = ["pacat", "--playback", "--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1", *device]
    try:
        player = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE)
    except FileNotFoundError:
        return red(Part.SPEAKER, Problem.SERVER_MISSING, sink, "pacat is not installed")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, said = await player.communicate(_tone())
    except TimeoutError:
        player.kill()
        await player.wait()
        return red(Part.SPEAKER, Problem.NOT_WORKING, sink, "the tone did not end")
    if player.returncode:
        return red(Part.SPEAKER, Problem.SERVER_MISSING, sink, said.decode(errors="replace").strip())
    return green(Part.SPEAKER, sink)


def _tone() -> bytes:
    step = 2 * math.pi * TONE_HZ / RATE_HZ
    return array("h", (int(4000 * math.sin(i * step)) for i in range(int(RATE_HZ * TONE_S)))).tobytes()
