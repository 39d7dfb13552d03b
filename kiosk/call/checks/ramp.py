"""A rate from pieces that grow: small enough for a line of 60 kbit/s, large enough for a fast one."""

import asyncio
from collections.abc import Awaitable, Callable

SIZES = (8_000, 64_000, 256_000)
ENOUGH_S = 0.5  # a piece that took this long says what the line can do
LIMIT_S = 3.0


async def measure_rate(
    transfer: Callable[[int], Awaitable[float]], rtt_s: float, limit_s: float = LIMIT_S
) -> float | None:
    """Bits per second. `transfer(size)` moves so many bytes and returns the seconds it took.

    A piece that does not end within `limit_s` gives what the line can do at best. None when nothing passed.
    """
    rate_bps: float | None = None
    size = SIZES[0]
    try:
        async with asyncio.timeout(limit_s):
            for size in SIZES:
                took_s = await transfer(size)
                rate_bps = size * 8 / max(took_s - rtt_s, 0.001)
                if took_s >= ENOUGH_S:
                    break
    except TimeoutError:
        at_best = size * 8 / limit_s
        return at_best if rate_bps is None else min(rate_bps, at_best)
    return rate_bps
