"""The loudspeaker without a tone: is there an output, is it turned up, does it take sound?

A patient sits in front of it, so what is played is silence. The audible tone is the self-test's.
"""

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import replace

from drivers.chunks import RATE_HZ
from drivers.recorder import end_process
from kiosk.call.checks.figures import Output

ANSWER_S = 3.0
_SILENCE_S = 0.1
_DUMMY = "auto_null"  # what PulseAudio and PipeWire put in place of an output that is not there


async def find_output(wanted: str = "") -> Output:
    """The output called `wanted` (the default one when empty), as the sound server knows it now."""
    sinks = await _run("pactl", "--format=json", "list", "sinks")
    default = await _run("pactl", "get-default-sink")
    if sinks is None or default is None:
        return Output(server=False)
    name = wanted or default.decode(errors="replace").strip()
    try:
        found = next((sink for sink in json.loads(sinks) if sink["name"] == name), None)
        return _read(found) if found is not None and name != _DUMMY else Output(server=True)
    except (ValueError, KeyError, TypeError):
        return Output(server=True)


async def try_output(wanted: str = "") -> Output:
    """As `find_output`, and silence was sent there. Never heard by anybody."""
    output = await find_output(wanted)
    if not output.name:
        return output
    command = ("pacat", "--playback", "--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1")
    said = await _run(*command, f"--device={output.name}", sound=bytes(int(RATE_HZ * _SILENCE_S) * 2))
    return replace(output, takes_sound=said is not None)


def _read(sink: dict[str, object]) -> Output:
    volume = sink["volume"]
    if not isinstance(volume, dict):
        raise TypeError("volume")
    loudest = max(int(channel["value_percent"].strip().rstrip("%")) for channel in volume.values())
    return Output(server=True, name=str(sink["name"]), muted=bool(sink["mute"]), volume_percent=loudest)


async def _run(*command: str, sound: bytes | None = None) -> bytes | None:
    """What it printed, or None: it is missing, it failed, or it did not end in time."""
    stdin = DEVNULL if sound is None else PIPE
    plain = {**os.environ, "LC_ALL": "C"}
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=stdin, stdout=PIPE, stderr=DEVNULL, env=plain
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(ANSWER_S):
            said, _ = await process.communicate(sound)
    except TimeoutError:
        return None
    finally:
        await end_process(process)
    return said if process.returncode == 0 else None
