"""BlueZ over D-Bus: presence of bluetoothd and of a powered adapter, and an agent that lets it pair.

Source: BlueZ D-Bus API, org.bluez.Adapter, org.bluez.AgentManager and org.bluez.Agent.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from dbus_fast import BusType, DBusError, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, method

from drivers.ble_recognition import Recognition
from drivers.bluez_bus import ADAPTER, AGENTS, BLUEZ, BUS_ERRORS, DEVICE, call, objects, recognised
from drivers.instrument import DriverError, Reason
from drivers.tasks import bounded

_log = logging.getLogger(__name__)

_LIMIT_S = 5.0
_PROPERTIES = "org.freedesktop.DBus.Properties"
_AGENT_PATH = "/telecabine/agent"
_BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class _Agent(ServiceInterface):
    """Agrees to pair with an instrument of ours that has neither display nor keys, and with nothing else.

    Nobody is asked: what wants a code is paired with by a technician (`drivers.pairing`).
    """

    def __init__(self, is_ours: Callable[[str], Awaitable[bool]]) -> None:
        super().__init__("org.bluez.Agent1")
        self._is_ours = is_ours

    @method()
    def Release(self) -> None: ...

    @method()
    def Cancel(self) -> None: ...

    @method()
    async def RequestAuthorization(self, device: "o") -> None:  # type: ignore[name-defined] # noqa: F821
        if not await self._is_ours(device):
            _log.warning("%s wanted to pair", device)
            raise DBusError("org.bluez.Error.Rejected", "not an instrument of this kiosk")


class BluezService:
    """Our own connection to the system bus, beside bleak's."""

    def __init__(self, recognition: Recognition) -> None:
        self._recognition = recognition
        self._bus: MessageBus | None = None
        self._owner = ""
        self._died = False  # and may have left links
        self._off: set[str] = set()  # adapters that we switched off

    async def check(self) -> None:
        """DriverError when bluetoothd is gone, was restarted, or has no powered adapter."""
        try:
            await bounded(self._check(), _LIMIT_S)
        except BUS_ERRORS as error:
            await self.close()
            raise DriverError(Reason.BLUETOOTH_MISSING, f"D-Bus: {error}") from error
        except DriverError as error:
            await self.close()
            if error.reason is Reason.TIMEOUT:
                raise DriverError(Reason.BLUETOOTH_MISSING, "bluetoothd does not answer") from error
            raise

    async def close(self) -> None:
        """Let go of the bus; the next check connects again."""
        bus, self._bus, self._owner = self._bus, None, ""
        if bus is None:
            return
        connected = bus.connected
        bus.disconnect()
        if connected:
            with suppress(OSError, EOFError):  # why it broke has been reported by then
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    async def _check(self) -> None:
        bus = await self._connected()
        owner = await self._owner_now(bus)
        if owner != self._owner:
            if self._owner:
                self._died = True
                raise DriverError(Reason.BLUETOOTH_MISSING, "bluetoothd was restarted")
            await self._register_agent(bus)
            await self._release_leftovers(bus)
            self._owner = owner
        shown = await objects(bus)
        adapters = {path: each[ADAPTER] for path, each in shown.items() if ADAPTER in each}
        if not adapters:
            raise DriverError(Reason.BLUETOOTH_MISSING, "no adapter")
        await self._power_up(bus, [path for path, each in adapters.items() if not each["Powered"].value])
        powered = [path for path, adapter in adapters.items() if adapter["Powered"].value]
        if not powered:
            raise DriverError(Reason.BLUETOOTH_OFF, "no powered adapter")
        if self._died:
            self._died = False
            await self._drop_links(bus, powered)
            raise DriverError(Reason.BLUETOOTH_MISSING, "it was switched off and on to drop old links")

    async def _connected(self) -> MessageBus:
        if self._bus is None or not self._bus.connected:
            await self.close()
            self._bus = MessageBus(bus_type=BusType.SYSTEM)
            await self._bus.connect()
            self._bus.export(_AGENT_PATH, _Agent(self._is_ours))
        return self._bus

    async def _is_ours(self, path: str) -> bool:
        shown = await objects(self._bus) if self._bus else {}
        return recognised(self._recognition, shown.get(path, {}).get(DEVICE, {})) is not None

    async def _owner_now(self, bus: MessageBus) -> str:
        try:
            return str((await call(bus, *_BUS, "GetNameOwner", "s", [BLUEZ]))[0])
        except DBusError as error:
            self._died = self._died or bool(self._owner)
            raise DriverError(Reason.BLUETOOTH_MISSING, "bluetoothd is not running") from error

    async def _release_leftovers(self, bus: MessageBus) -> None:
        """Hang up what a kiosk that was killed left connected: a connected instrument does not advertise."""
        for path, interfaces in (await objects(bus)).items():
            device = interfaces.get(DEVICE, {})
            if device and device["Connected"].value and recognised(self._recognition, device):
                try:
                    await call(bus, BLUEZ, path, DEVICE, "Disconnect")
                except DBusError as error:
                    _log.warning("%s stays connected: %s", path, error)

    async def _drop_links(self, bus: MessageBus, adapters: list[str]) -> None:
        """The kernel keeps the links of a bluetoothd that died, and the next one does not know of them.

        Such an instrument is connected to nobody and does not advertise. Only switching off ends that.
        """
        self._off.update(adapters)
        for path in adapters:
            await _power(bus, path, False)
        await self._power_up(bus, adapters)

    async def _power_up(self, bus: MessageBus, adapters: Iterable[str]) -> None:
        """Those that we switched off, also when it was cut short before: nobody else would."""
        for path in self._off.intersection(adapters):
            await _power(bus, path, True)
            self._off.discard(path)

    async def _register_agent(self, bus: MessageBus) -> None:
        try:
            await call(bus, *AGENTS, "RegisterAgent", "os", [_AGENT_PATH, "NoInputNoOutput"])
            await call(bus, *AGENTS, "RequestDefaultAgent", "o", [_AGENT_PATH])
        except DBusError as error:
            _log.warning("no pairing agent: %s", error)


async def _power(bus: MessageBus, adapter: str, on: bool) -> None:
    await call(bus, BLUEZ, adapter, _PROPERTIES, "Set", "ssv", [ADAPTER, "Powered", Variant("b", on)])
