"""GATT as bluetoothd shows it on D-Bus, over bumble's own ATT client."""

from collections.abc import Iterator
from functools import partial

from bumble.att import ATT_Error
from bumble.core import UUID
from bumble.device import Connection, Peer
from bumble.gatt_client import CharacteristicProxy, ServiceProxy
from dbus_fast import Message, Variant

from tests.fakes.dbus_objects import UNKNOWN_OBJECT, DBusRefusal, Handler, ObjectTree, Reply

SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
_FLAGS = ("broadcast", "read", "write-without-response", "write", "notify", "indicate")
_HIDDEN_SERVICE = UUID("1800")
_ATT_REFUSALS = {
    0x02: ("NotPermitted", "Read not permitted"),
    0x03: ("NotPermitted", "Write not permitted"),
    0x08: ("NotAuthorized", "Operation Not Authorized"),
}


def uuid128(uuid: UUID) -> str:
    """The full lower-case form that BlueZ uses."""
    text = uuid.to_bytes(force_128=True)[::-1].hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class RemoteGatt:
    """The services of every connected peripheral, as objects of the tree."""

    def __init__(self, tree: ObjectTree) -> None:
        self._tree = tree
        self._characteristics: dict[str, CharacteristicProxy[bytes]] = {}
        self._listeners: dict[str, str] = {}

    def methods(self) -> dict[str, Handler]:
        return {
            "ReadValue": self._read, "WriteValue": self._write,
            "StartNotify": self._start_notify, "StopNotify": self._stop_notify,
        }  # fmt: skip

    async def resolve(self, device: str, connection: Connection) -> list[str]:
        """Discover everything and publish it; the UUIDs of the services."""
        peer = Peer(connection)
        await peer.request_mtu(247)
        await peer.discover_services()
        for service in peer.services:
            await service.discover_characteristics()
            if service.uuid != _HIDDEN_SERVICE:
                self._publish(device, service, connection)
        return [uuid128(service.uuid) for service in peer.services]

    def _publish(self, device: str, service: ServiceProxy, connection: Connection) -> None:
        path = f"{device}/service{service.handle:04x}"
        facts = {"UUID": Variant("s", uuid128(service.uuid)), "Primary": Variant("b", True)}
        facts |= {"Device": Variant("o", device), "Includes": Variant("ao", [])}
        self._tree.add(path, {SERVICE: facts})
        for characteristic in service.characteristics:
            self._publish_characteristic(path, characteristic, connection.att_mtu)

    def _publish_characteristic(self, service: str, proxy: CharacteristicProxy[bytes], mtu: int) -> None:
        path = f"{service}/char{proxy.handle - 1:04x}"
        self._characteristics[path] = proxy
        flags = [flag for bit, flag in enumerate(_FLAGS) if proxy.properties >> bit & 1]
        facts = {"UUID": Variant("s", uuid128(proxy.uuid)), "Service": Variant("o", service)}
        facts |= {"Value": Variant("ay", b""), "Flags": Variant("as", flags), "MTU": Variant("q", mtu)}
        facts |= {"Notifying": Variant("b", False)}
        self._tree.add(path, {CHARACTERISTIC: facts})

    def forget(self, device: str) -> None:
        """The peripheral is gone: so are its services."""
        for path in tuple(self._services(device)):
            self._tree.remove(path)
        for path in tuple(self._characteristics):
            if path.startswith(f"{device}/"):
                del self._characteristics[path]
                self._listeners.pop(path, None)

    async def unsubscribe(self, client: str) -> None:
        """From everything that this client listened to."""
        for path, listener in tuple(self._listeners.items()):
            if listener == client and path in self._characteristics:
                del self._listeners[path]
                await self._characteristics[path].unsubscribe()

    def _services(self, device: str) -> Iterator[str]:
        prefix = f"{device}/service"
        return (path for path in self._tree.objects if path.startswith(prefix) and "/char" not in path)

    def _proxy(self, message: Message) -> CharacteristicProxy[bytes]:
        proxy = self._characteristics.get(message.path or "")
        if proxy is None:
            raise DBusRefusal(UNKNOWN_OBJECT, message.path or "")
        return proxy

    async def _read(self, message: Message) -> Reply:
        try:
            return "ay", [bytes(await self._proxy(message).read_value())]
        except ATT_Error as error:
            raise _refusal(error) from error

    async def _write(self, message: Message) -> None:
        kind = message.body[1].get("type")
        wait = kind is None or kind.value != "command"
        try:
            await self._proxy(message).write_value(bytes(message.body[0]), with_response=wait)
        except ATT_Error as error:
            raise _refusal(error) from error

    async def _start_notify(self, message: Message) -> None:
        path = message.path or ""
        flags = self._tree.objects[path][CHARACTERISTIC]["Flags"].value
        if not {"notify", "indicate"} & set(flags):
            raise DBusRefusal("org.bluez.Error.NotSupported", "Operation is not supported")
        try:
            came = partial(self._came, path)
            await self._proxy(message).subscribe(came, prefer_notify="notify" in flags)
        except ATT_Error as error:
            raise _refusal(error) from error
        self._listeners[path] = message.sender or ""
        self._tree.set(path, CHARACTERISTIC, Notifying=Variant("b", True))

    def _came(self, path: str, value: bytes) -> None:
        self._tree.set(path, CHARACTERISTIC, Value=Variant("ay", bytes(value)))

    async def _stop_notify(self, message: Message) -> None:
        await self._proxy(message).unsubscribe()
        self._tree.set(message.path or "", CHARACTERISTIC, Notifying=Variant("b", False))


def _refusal(error: ATT_Error) -> DBusRefusal:
    code = int(error.error_code)
    fallback = ("Failed", f"Operation failed with ATT error: 0x{code:02x}")
    name, text = _ATT_REFUSALS.get(code, fallback)
    return DBusRefusal(f"org.bluez.Error.{name}", text)
