"""A&D's instruments: a cuff, a thermometer and a scale whose firmware needs time.

Source: A&D's sample application (the pauses and the names that they advertise).
"""

import asyncio
from datetime import datetime

from bumble.device import Connection

from tests.fakes.ble_body import Scale
from tests.fakes.ble_peripheral import Peripheral, Subscription
from tests.fakes.ble_peripherals import Cuff, Thermometer
from tests.fakes.radio import Radio


class _Slow(Peripheral):
    """Takes nothing that comes too soon: neither the time nor, then, a listener, to whom it is silent."""

    _pause_s = 0.1
    _set_at_s = float("inf")
    _results: Subscription

    def _takes_time(self, _given: datetime) -> bool:
        now_s = asyncio.get_running_loop().time()
        in_time = now_s - self.asked_at_s >= self._pause_s
        self._set_at_s = now_s if in_time else float("inf")
        return in_time

    async def _serve(self, connection: Connection) -> None:
        await self._results.wait()
        if asyncio.get_running_loop().time() - self._set_at_s < self._pause_s:
            await asyncio.Event().wait()
        await super()._serve(connection)


class AndCuff(_Slow, Cuff):
    def __init__(
        self, radio: Radio, address: str = "C0:21:00:00:00:01", serial: str = "AD-0001",
        name: str = "A&D_UA-651BLE_000001", firmware: str = "BLP012_001", pause_s: float = 0.1,
        has_current_time: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            radio, address, serial, name=name, firmware=firmware, has_current_time=has_current_time
        )
        self._pause_s = pause_s


class AndThermometer(_Slow, Thermometer):
    """It has a clock, as others have not."""

    def __init__(self, radio: Radio, address: str = "C0:23:00:00:00:01", serial: str = "AT-0001") -> None:
        super().__init__(
            radio, address, serial, name="A&D_UT201BLE_000001", firmware="HTP009_001", has_clock=True
        )


class AndScale(_Slow, Scale):
    def __init__(self, radio: Radio, address: str = "C0:24:00:00:00:01", serial: str = "AS-0001") -> None:
        super().__init__(radio, address, serial, name="A&D_UC-352BLE_000001", firmware="WSP001_301")
