"""What we ask of BlueZ over D-Bus. Source: BlueZ D-Bus API, org.bluez.Device."""

from typing import Any

from dbus_fast import DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, InvalidAddressError

from devices.device import Device
from drivers.ble_recognition import Recognition

BLUEZ = "org.bluez"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
BUS_ERRORS = (OSError, EOFError, AuthError, DBusError, InvalidAddressError)
Properties = dict[str, Variant]

_MANAGER = "org.freedesktop.DBus.ObjectManager"


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
