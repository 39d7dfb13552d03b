"""The loudspeaker without a tone: is there an output, is it turned up, does it take sound?

A patient sits in front of it, so what is played is silence. The audible tone is the self-test's.
"""

import json
from dataclasses import replace

from drivers.chunks import RATE_HZ
from kiosk.call.checks.figures import Output
from kiosk.command import run

_SILENCE_S = 0.1
_DUMMY = "auto_null"  # what PulseAudio and PipeWire put in place of an output that is not there


async def find_output(wanted: str = "") -> Output:
    """The output called `wanted` (the default one when empty), as the sound server knows it now."""
    sinks = await _ask("--format=json", "list", "sinks")
    default = await _ask("get-default-sink")
    if sinks is None or default is None:
        return Output(server=False)
    name = wanted or default.strip()
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
    return replace(output, takes_sound=await play(output.name, bytes(int(RATE_HZ * _SILENCE_S) * 2)))


async def play(name: str, sound: bytes) -> bool:
    """`sound` (int16 mono at 48 kHz) on the output of that name. True when the server took all of it."""
    command = ("pacat", "--playback", "--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1")
    done = await run(*command, "--latency-msec=60", f"--device={name}", given=sound)
    return done is not None and done.code == 0


async def _ask(*question: str) -> str | None:
    said = await run("pactl", *question)
    return said.text if said is not None and said.code == 0 else None


def _read(sink: dict[str, object]) -> Output:
    volume = sink["volume"]
    if not isinstance(volume, dict):
        raise TypeError("volume")
    loudest = max(int(channel["value_percent"].strip().rstrip("%")) for channel in volume.values())
    return Output(server=True, name=str(sink["name"]), muted=bool(sink["mute"]), volume_percent=loudest)
