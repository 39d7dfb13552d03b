"""A short question to a program of the system."""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass

from drivers.recorder import end_process

LIMIT_S = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is what it printed, in plain English whatever the machine speaks."""

    code: int
    text: str


async def run(*command: str, given: bytes | None = None) -> Answer | None:
    """`given` goes to its input. None: it is not installed, or did not end in time."""
    stdin = DEVNULL if given is None else PIPE
    plain = {**os.environ, "LC_ALL": "C"}
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=stdin, stdout=PIPE, stderr=DEVNULL, env=plain
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(LIMIT_S):
            said, _ = await process.communicate(given)
    except TimeoutError:
        return None
    finally:
        await end_process(process)
    return Answer(process.returncode or 0, said.decode(errors="replace"))
