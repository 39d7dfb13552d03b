"""Something that is on or off, and that can be waited for."""

import asyncio
from dataclasses import dataclass


class Switch:
    """Used on one asyncio loop; survives the connections that look at it."""

    def __init__(self, on: bool = False) -> None:
        self._event = asyncio.Event()
        self.set(on)

    @property
    def on(self) -> bool:
        return self._event.is_set()

    def set(self, on: bool) -> None:
        if on:
            self._event.set()
        else:
            self._event.clear()

    async def wait_on(self) -> None:
        await self._event.wait()


@dataclass(frozen=True, slots=True)
class Switches:
    """What the helper has turned on; the same for every connection of a call."""

    otoscope: Switch
    stethoscope: Switch
    muted: Switch
