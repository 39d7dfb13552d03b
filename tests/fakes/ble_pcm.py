"""A stethoscope board that notifies its samples, to whoever has subscribed."""

import asyncio

from bumble.device import Connection
from bumble.gatt import Characteristic

from tests.fakes.ble_peripheral import NOTIFY, UNREADABLE, Peripheral, Subscription
from tests.fakes.pcm import Samples
from tests.fakes.radio import Radio

SERVICE = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
STREAM = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
_PERIOD_S = 0.03
_VALUE_BYTES = 243  # an odd number: a sample may be in two values


class PcmPeripheral(Peripheral):
    """`samples` has its faults. Advertises while nobody is connected."""

    def __init__(self, radio: Radio, address: str = "C0:5D:00:00:00:01", stream: str = STREAM) -> None:
        self._stream = Characteristic[bytes](stream, NOTIFY, UNREADABLE, b"")
        super().__init__(radio, "Telesim PCG", address, SERVICE, [self._stream], serial="PCG-0002")
        self._subscription = Subscription(self._stream)
        self.samples = Samples()

    @property
    def is_listened_to(self) -> bool:
        return self._subscription.on

    async def power_on(self) -> None:
        await super().power_on()
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await self._subscription.wait()
        self.samples.restart()
        while True:
            said = self.samples.take()
            for at in range(0, len(said), _VALUE_BYTES):
                value = said[at : at + _VALUE_BYTES]
                await self._notify(connection, self._stream, value)
            await asyncio.sleep(_PERIOD_S)

    async def _gone(self) -> None:
        self._subscription.reset()
        await self.advertise()
