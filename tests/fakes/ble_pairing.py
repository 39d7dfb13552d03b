"""An instrument that pairs only with somebody who proves by a code that he stands before it."""

import asyncio

from bumble.pairing import PairingConfig, PairingDelegate

Io = PairingDelegate.IoCapability


class Code(PairingDelegate):
    """`shown`: on its display, in order. `keyed`: what somebody types on it. Without a code it refuses."""

    def __init__(self, able: Io = Io.DISPLAY_OUTPUT_ONLY) -> None:
        super().__init__(able)
        self.shown: asyncio.Queue[str] = asyncio.Queue()
        self.keyed: asyncio.Queue[str] = asyncio.Queue()

    def config(self) -> PairingConfig:
        return PairingConfig(sc=True, mitm=True, bonding=True, delegate=self)

    async def confirm(self, auto: bool = False) -> bool:
        return False

    async def display_number(self, number: int, digits: int) -> None:
        self.shown.put_nowait(f"{number:0{digits}}")

    async def compare_numbers(self, number: int, digits: int) -> bool:
        await self.display_number(number, digits)
        return True

    async def get_number(self) -> int:
        return int(await self.keyed.get())
