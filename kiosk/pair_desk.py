"""A technician pairs this kiosk with a Bluetooth instrument, or ends that."""

import asyncio
from collections.abc import Callable

from drivers.pairing_dialogue import PairingEnd
from kiosk.events import Event, PairingChanged, PairingStep
from kiosk.unit_desk import UnitDesk, UnitLine

Emit = Callable[[Event], None]


class PairDesk:
    """One instrument at a time. `spared`: the ids that the kiosk's own driver leaves alone meanwhile."""

    def __init__(self, units: UnitDesk, spared: set[str], emit: Emit) -> None:
        self._units = units
        self._spared = spared
        self._emit = emit
        self._work: asyncio.Task[PairingEnd] | None = None
        self._questions: _Questions | None = None

    async def pair(self, address: str) -> PairingEnd | None:
        """None: it was stopped. One that is paired with so is declared to be this kiosk's: whoever has its
        code in his hand is no stranger. Raises UnitFileError; KeyError for a unit that nobody has seen.
        """
        await self.stop()
        work = self._work = asyncio.create_task(self._pair(address), name="pair")
        await asyncio.wait({work})
        return None if work.cancelled() else work.result()

    async def answer(self, code: str) -> None:
        """To the question that is open; nothing without one."""
        if self._questions is not None:
            self._questions.answer(code)

    async def stop(self) -> None:
        """Also in the middle."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})

    async def forget(self, address: str) -> tuple[UnitLine, ...]:
        """The bond alone: whose it is stays. Raises DriverError."""
        from drivers.bonds import forget

        await forget(address)
        return await self._units.lines()

    async def _pair(self, address: str) -> PairingEnd:
        from drivers.pairing import pair

        id_ = f"ble:{address}"
        questions = self._questions = _Questions(address, self._emit)
        self._spared.add(id_)
        try:
            questions.tell(PairingStep.SEEKING)
            end = await pair(address, questions)
        finally:
            self._spared.discard(id_)
            self._questions = None
        if end is PairingEnd.PAIRED:
            await self._units.set_own(address, True)
        return end


class _Questions:
    """Satisfies `Dialogue`: asks the screen, and waits for its answer."""

    def __init__(self, address: str, emit: Emit) -> None:
        self._address = address
        self._emit = emit
        self._open: asyncio.Future[str] | None = None

    def tell(self, step: PairingStep, code: str = "") -> None:
        self._emit(PairingChanged(self._address, step, code))

    async def typed(self) -> str:
        return await self._asked(PairingStep.TYPE)

    async def same(self, code: str) -> bool:
        return await self._asked(PairingStep.COMPARE, code) == code

    def show(self, code: str) -> None:
        self.tell(PairingStep.SHOW, code)

    def withdraw(self) -> None:
        self.answer("")

    def answer(self, code: str) -> None:
        if self._open is not None and not self._open.done():
            self._open.set_result(code)

    async def _asked(self, step: PairingStep, code: str = "") -> str:
        self._open = asyncio.get_running_loop().create_future()
        self.tell(step, code)
        return await self._open
