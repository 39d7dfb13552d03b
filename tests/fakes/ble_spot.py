"""An oximeter that takes spot checks (2A5E) and keeps them; who asks is given the last one."""

import asyncio
from datetime import datetime, timedelta

from bumble.att import ATT_Error, ErrorCode
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue

from tests.fakes import frames
from tests.fakes.ble_peripheral import (
    INDICATE,
    READ,
    READABLE,
    UNREADABLE,
    WRITE,
    WRITEABLE,
    Peripheral,
    PeripheralClock,
    Subscription,
)  # fmt: skip
from tests.fakes.radio import Radio

KEEPS, DATES = 1 << 2, 1 << 3
_FROM_MEMORY = 1 << 9
_REPORT_LAST = bytes((1, 6))
_LINGER_S = 3.0


class SpotOximeter(Peripheral):
    """Advertises while it has something to say. `asked`: all that was written to its control point.

    `features`: of 2A60. `refuses` to be asked; `marks`: what it hands out, as from its memory.
    """

    def __init__(
        self, radio: Radio, features: int = KEEPS | DATES, clock_offset: timedelta = timedelta(minutes=-67)
    ) -> None:
        self.asked: list[bytes] = []
        self.refuses = self.marks = False
        self.clock = PeripheralClock(clock_offset)
        self._dates = bool(features & DATES)
        self._records: list[tuple[int, int, datetime]] = []
        self._fresh: list[tuple[int, int, datetime]] = []
        self._news = asyncio.Event()
        self._spot = Characteristic("2A5E", INDICATE, UNREADABLE, b"")
        taken: CharacteristicValue[bytes] = CharacteristicValue(write=self._answer)
        self._control = Characteristic[bytes]("2A52", INDICATE | WRITE, WRITEABLE, taken)
        can = Characteristic("2A60", READ, READABLE, features.to_bytes(2, "little"))
        offered = [self._spot, self._control, can, self.clock.characteristic()]
        super().__init__(radio, "Telesim Spot", "C0:0A:00:00:00:05", "1822", offered, serial="SP-0001")
        self._subscription = Subscription(self._spot)

    async def measure(self, spo2: int, pulse_rate: int) -> None:
        """A finger was in: the check is over, kept, and sent."""
        self._records.append((spo2, pulse_rate, self.clock.now()))
        self._fresh.append(self._records[-1])
        self._news.set()
        await self.advertise()

    async def remember(self, spo2: int, pulse_rate: int, age: timedelta = timedelta(days=1)) -> None:
        """It was taken far from the kiosk; now the oximeter is switched on beside it."""
        self._records.append((spo2, pulse_rate, self.clock.now() - age))
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await self._subscription.wait()
        self._news.set()
        while await self._has_news():
            self._news.clear()
            while self._fresh:
                await self._indicate(connection, self._spot, self._frame(self._fresh.pop(0)))
        await connection.disconnect()

    async def _has_news(self) -> bool:
        try:
            return await asyncio.wait_for(self._news.wait(), _LINGER_S)
        except TimeoutError:
            return False

    async def _answer(self, connection: Connection, question: bytes) -> None:
        self.asked.append(question)
        if self.refuses:
            raise ATT_Error(ErrorCode.UNLIKELY_ERROR)
        asyncio.get_running_loop().create_task(self._hand_out(connection, question))

    async def _hand_out(self, connection: Connection, question: bytes) -> None:
        wanted = self._records[-1:] if question == _REPORT_LAST else []
        for record in wanted:
            status = _FROM_MEMORY if self.marks else None
            await self._indicate(connection, self._spot, self._frame(record, status))
        answer = bytes((6, 0, question[0], 1 if wanted else 6))
        await self._indicate(connection, self._control, answer)

    def _frame(self, record: tuple[int, int, datetime], status: int | None = None) -> bytes:
        spo2, pulse_rate, when = record
        dated = when if self._dates else None
        return frames.plx_spot(spo2, pulse_rate, when=dated, measurement_status=status)

    async def _gone(self) -> None:
        self._subscription.reset()
        if self._fresh:
            await self.advertise()
