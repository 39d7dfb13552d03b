"""Waiting for something that real sockets will bring about."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait until `condition()` holds; TimeoutError when it does not in time."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the far side has no event that we could wait for
            await asyncio.sleep(0.02)
