"""What the simulated Bluetooth instruments share: identity, clock, advertising, one connection at a time."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bumble.att import ATT_Error, ErrorCode
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.pairing import PairingConfig, PairingDelegate

from tests.fakes.ble_pairing import Code
from tests.fakes.faults import Faults
from tests.fakes.frames import date_time
from tests.fakes.radio import Radio, transceiver

READ, WRITE = Characteristic.Properties.READ, Characteristic.Properties.WRITE
NOTIFY, INDICATE = Characteristic.Properties.NOTIFY, Characteristic.Properties.INDICATE
READABLE, WRITEABLE, UNREADABLE = (
    Characteristic.READABLE,
    Characteristic.WRITEABLE,
    Characteristic.Permissions(0),
)
_BONDED = Characteristic.Permissions.READ_REQUIRES_ENCRYPTION
_SERVICES = {  # by the length of the UUID
    2: AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    16: AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
}
_INFORMATION = {"manufacturer": "2A29", "model": "2A24", "serial": "2A25", "firmware": "2A26"}


class PeripheralClock:
    """A wall clock without a zone, `offset` away from the right time until somebody sets it.

    `takes` says whether it lets itself be set to a time.
    """

    def __init__(
        self, offset: timedelta = timedelta(0), takes: Callable[[datetime], bool] = lambda _: True
    ) -> None:
        self.offset = offset
        self.times_set = self.times_refused = 0
        self._takes = takes

    def now(self) -> datetime:
        return (datetime.now() + self.offset).replace(microsecond=0)

    def characteristic(self) -> Characteristic[bytes]:
        """Date Time (2A08), readable and writable."""
        value = CharacteristicValue(read=lambda _: date_time(self.now()), write=lambda _, v: self._set(v))
        return Characteristic("2A08", READ | WRITE, READABLE | WRITEABLE, value)

    def current_time(self) -> Characteristic[bytes]:
        """Current Time (2A2B), readable and writable."""
        value = CharacteristicValue(read=lambda _: self._ten_bytes(), write=lambda _, v: self._set(v, 10))
        return Characteristic("2A2B", READ | WRITE, READABLE | WRITEABLE, value)

    def _ten_bytes(self) -> bytes:
        return date_time(self.now()) + bytes((self.now().isoweekday(), 0, 0))

    def _set(self, value: bytes, size: int = 7) -> None:
        given = datetime(int.from_bytes(value[:2], "little"), *value[2:7])
        if len(value) != size or not self._takes(given):
            self.times_refused += 1
            raise ATT_Error(ErrorCode.UNLIKELY_ERROR)
        self.offset = given - datetime.now()
        self.times_set += 1


def advertised(name: str, service: str = "", maker_data: bytes = b"", service_data: bytes = b"") -> bytes:
    """What goes on air. `maker_data` begins with the company's number, little-endian; `service_data` is of
    `service`, which then has 16 bits.
    """
    on_air = [
        (AdvertisingData.FLAGS, bytes((0x06,))), (AdvertisingData.COMPLETE_LOCAL_NAME, name.encode()),
    ]  # fmt: skip
    if service:
        uuid = UUID(service).to_bytes()
        on_air.append((_SERVICES[len(uuid)], uuid))
        if service_data:
            on_air.append((AdvertisingData.SERVICE_DATA_16_BIT_UUID, uuid + service_data))
    if maker_data:
        on_air.append((AdvertisingData.MANUFACTURER_SPECIFIC_DATA, maker_data))
    return bytes(AdvertisingData(on_air))


class Peripheral(Faults):
    """One instrument on the air. A subclass plays `_serve`, which starts when somebody connects."""

    def __init__(
        self,
        radio: Radio,
        name: str,
        address: str,
        service: str,
        characteristics: Sequence[Characteristic[bytes]],
        *,
        serial: str,
        needs_bond: bool = False,
        firmware: str = "1.4.2",
        announces: bool = True,
    ) -> None:
        self.address = address
        self.asked_at_s = 0.0  # when it was last asked who it is
        self.answers = asyncio.Event()  # cleared: reads are never answered
        self.answers.set()
        self.connections = 0
        self.expected: list[dict[str, object]] = []
        self._device = transceiver(radio, name, address)
        no_keys = PairingDelegate.IoCapability.NO_OUTPUT_NO_INPUT
        self._device.pairing_config_factory = lambda _: PairingConfig(
            sc=True, mitm=False, bonding=True, delegate=PairingDelegate(no_keys)
        )
        said = {"manufacturer": "Telesim", "model": name, "serial": serial, "firmware": firmware}
        information = [self._text(_INFORMATION[key], text, needs_bond) for key, text in said.items()]
        self._device.add_services([Service(service, list(characteristics)), Service("180A", information)])
        self._device.advertising_data = advertised(name, service if announces else "")
        self._device.on("connection", self._connected)
        self._connection: Connection | None = None
        self._serving: asyncio.Task[None] | None = None
        self._switched_on = True

    def want_code(self, code: Code) -> None:
        """Of whoever pairs with it, before it is switched on."""
        self._device.pairing_config_factory = lambda _: code.config()

    def give_battery(self, percent: int, answers: bool = True) -> None:
        """A Battery Service (180F), before it is switched on. Not `answers`: a read of it never ends."""
        self._battery_pct = percent

        async def read(_connection: Connection) -> bytes:
            if not answers:
                await asyncio.Event().wait()
            return bytes((self._battery_pct,))

        value: CharacteristicValue[bytes] = CharacteristicValue(read=read)
        self._level = Characteristic[bytes]("2A19", READ | NOTIFY, READABLE, value)
        self._level_heard = Subscription(self._level)
        self._device.add_services([Service("180F", [self._level])])

    async def drain(self, percent: int) -> None:
        """Say what is left, as soon as somebody listens."""
        await self._level_heard.wait()
        self._battery_pct = percent
        await self._device.notify_subscribers(self._level, bytes((percent,)))

    async def power_on(self) -> None:
        await self._device.power_on()

    async def advertise(self) -> None:
        """Until somebody connects."""
        if self._switched_on and self._connection is None and not self._device.is_advertising:
            await self._device.start_advertising(advertising_interval_min=100, advertising_interval_max=100)

    async def hide(self) -> None:
        """Switched off, or carried away."""
        self._switched_on = False
        if self._device.is_advertising:
            await self._device.stop_advertising()
        await self.hang_up()

    async def show(self) -> None:
        """Switched on again."""
        self._switched_on = True
        await self._gone()

    async def hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()

    async def close(self) -> None:
        """Switch off, and raise what went wrong while serving."""
        await self.hide()
        serving, self._serving = self._serving, None
        if serving is not None:
            await asyncio.wait({serving})
            if not serving.cancelled():
                serving.result()

    def stats(self) -> dict[str, object]:
        """JSON-ready. `expected`: what a listener must have received, oldest first."""
        return {
            "address": self.address,
            "connected": self._connection is not None,
            "connections": self.connections,
            "readings": len(self.expected),
            "expected": self.expected,
        }

    async def _notify(
        self, connection: Connection, characteristic: Characteristic[bytes], value: bytes
    ) -> None:
        """Say this, unless a fault comes between."""
        for message in self.suffered(value):
            await self._device.notify_subscriber(connection, characteristic, message)

    async def _indicate(
        self, connection: Connection, characteristic: Characteristic[bytes], value: bytes
    ) -> None:
        """As `_notify`, until each was confirmed."""
        for message in self.suffered(value):
            await self._device.indicate_subscriber(connection, characteristic, message)

    async def _serve(self, connection: Connection) -> None:
        raise NotImplementedError

    async def _gone(self) -> None:
        """The link has ended."""

    def _takes_time(self, _given: datetime) -> bool:
        """Whether a clock of its own lets itself be set to this."""
        return True

    def _text(self, uuid: str, text: str, needs_bond: bool) -> Characteristic[bytes]:
        async def read(_connection: Connection) -> bytes:
            await self.answers.wait()
            self.asked_at_s = asyncio.get_running_loop().time()
            return text.encode()

        permissions = READABLE | _BONDED if needs_bond else READABLE
        return Characteristic(uuid, READ, permissions, CharacteristicValue(read=read))

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        self.connections += 1
        self._serving = asyncio.create_task(self._serve(connection))
        connection.on("disconnection", lambda _reason: self._disconnected())

    def _disconnected(self) -> None:
        self._connection = None
        if self._serving is not None and self._serving is not asyncio.current_task():
            self._serving.cancel()
        self._serving = asyncio.create_task(self._gone())


class Subscription:
    """Whether the host of the present connection listens to a characteristic."""

    def __init__(self, characteristic: Characteristic[bytes]) -> None:
        self._on = asyncio.Event()
        characteristic.on(characteristic.EVENT_SUBSCRIPTION, self._changed)

    def _changed(self, _bearer: Connection, notify: bool, indicate: bool) -> None:
        if notify or indicate:
            self._on.set()
        else:
            self._on.clear()

    @property
    def on(self) -> bool:
        return self._on.is_set()

    def reset(self) -> None:
        self._on.clear()

    async def wait(self, limit_s: float | None = None) -> bool:
        """True when it listens, False when it does not within the limit."""
        try:
            await asyncio.wait_for(self._on.wait(), limit_s)
        except TimeoutError:
            return False
        return True
