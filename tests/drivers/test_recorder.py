"""A process that is ended is reaped, whatever happens to whoever waits for it."""

import asyncio
from contextlib import suppress

from drivers.recorder import end_process


async def test_a_cancelled_end_still_reaps_its_process() -> None:
    process = await asyncio.create_subprocess_exec("sleep", "60", stdout=asyncio.subprocess.PIPE)
    ending = asyncio.create_task(end_process(process))
    await asyncio.sleep(0)
    ending.cancel()
    with suppress(asyncio.CancelledError):
        await ending
    assert ending.cancelled()
    assert process.returncode == -9
