"""What we ask of BlueZ over D-Bus. Source: BlueZ D-Bus API, org.bluez.Device."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, InvalidAddressError

from devices.device import Device
from drivers.ble_recognition import Recognition
from drivers.instrument import DriverError, Reason
from drivers.tasks import bounded

BLUEZ = "org.bluez"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
AGENTS = (BLUEZ, "/org/bluez", "org.bluez.AgentManager1")
BUS_ERRORS = (OSError, EOFError, AuthError, DBusError, InvalidAddressError)
CALL_LIMIT_S = 5.0
Properties = dict[str, Variant]

_MANAGER = "org.freedesktop.DBus.ObjectManager"


@asynccontextmanager
async def bluez() -> AsyncIterator[MessageBus]:
    """A connection of its own. DriverError when there is none, and for what goes wrong on it."""
    try:
        bus = await bounded(MessageBus(bus_type=BusType.SYSTEM).connect(), CALL_LIMIT_S)
    except BUS_ERRORS as error:
        raise DriverError(Reason.BLUETOOTH_MISSING, f"D-Bus: {error}") from error
    try:
        yield bus
    except BUS_ERRORS as error:
        raise DriverError(Reason.BLUETOOTH_MISSING, str(error)) from error
    finally:
        bus.disconnect()


async def call(
    bus: MessageBus, service: str, path: str, interface: str, member: str, signature: str = "",
    body: list[Any] | None = None,
) -> list[Any]:  # fmt: skip
    """The reply's body; DBusError when refused, EOFError when the bus has closed."""
    message = Message(
        destination=service,
        path=path,
        interface=interface,
        member=member,
        signature=signature,
        body=body or [],
    )
    reply = await bus.call(message)
    if reply is None:
        raise EOFError("the bus closed")
    if reply.message_type is MessageType.ERROR:
        raise DBusError(reply.error_name or "unknown", str(reply.body[:1]))
    return list(reply.body)


async def objects(bus: MessageBus) -> dict[str, dict[str, Properties]]:
    """Everything that bluetoothd shows: interfaces and their properties by path."""
    found: dict[str, dict[str, Properties]] = (await call(bus, BLUEZ, "/", _MANAGER, "GetManagedObjects"))[0]
    return found


def recognised(recognition: Recognition, properties: Properties) -> Device | None:
    """Which of our devices a Device1 with these properties is."""
    services = properties["UUIDs"].value if "UUIDs" in properties else []
    return recognition.device(services, name_of(properties))


def name_of(properties: Properties) -> str:
    return str(properties["Name"].value) if "Name" in properties else ""
