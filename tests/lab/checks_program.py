"""The installed program, not its modules: what a technician would type."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT

from tests.lab.room_inside import PATIENCE_S

_SEEN = ("nonin_xpod", "spo2 97")  # a reading of the cable behind QEMU's adapter


async def watch(program: str) -> str:
    """`telecabine devices watch`, before our own drivers take the ports."""
    process = await asyncio.create_subprocess_exec(
        program, "devices", "watch", stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    said: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert process.stdout is not None
            async for line in process.stdout:
                said.append(line.decode(errors="replace").strip())
                if all(word in said[-1] for word in _SEEN):
                    return f"{program}: {' '.join(said[-1].split())}"
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    raise AssertionError(f"{program} shows no reading: {said[-5:]}")
