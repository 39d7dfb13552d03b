"""A tree of D-Bus objects with the standard ObjectManager and Properties interfaces."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

Properties = dict[str, Variant]
Reply = tuple[str, list[Any]]
Handler = Callable[[Message], Awaitable[Reply | None]]

_MANAGER = "org.freedesktop.DBus.ObjectManager"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_LEFT_TO_LIBRARY = ("org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable")
NEVER_S = 3600.0  # a delay that no limit of ours waits for
UNKNOWN_OBJECT = "org.freedesktop.DBus.Error.UnknownObject"
UNKNOWN_METHOD = "org.freedesktop.DBus.Error.UnknownMethod"


class DBusRefusal(Exception):
    """An error reply: its D-Bus name and text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class ObjectTree:
    """Objects by path, methods by name. `faults[method]` holds, per call, a refusal or a delay in seconds."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Properties]] = {}
        self.methods: dict[str, Handler] = {}
        self.faults: dict[str, list[DBusRefusal | float]] = {}
        self.client_vanished: Callable[[str], Awaitable[None]] | None = None
        self._bus: MessageBus | None = None
        self._answers: set[asyncio.Future[None]] = set()
        self._runs = asyncio.Event()
        self._runs.set()
        self._held: list[Message] = []

    def stop(self) -> None:
        """As a process that is stopped (SIGSTOP): on the bus, and deaf and dumb."""
        self._runs.clear()

    def go_on(self) -> None:
        """Everything that waited is said and answered."""
        self._runs.set()
        held, self._held = self._held, []
        for signal in held:
            self._send(signal)

    async def publish(self, bus_address: str, name: str) -> None:
        """Answer under a well-known name."""
        self._bus = await MessageBus(bus_address=bus_address).connect()
        self._bus.add_message_handler(self._received)
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=["type='signal',member='NameOwnerChanged'"],
            )
        )
        await self._bus.request_name(name)

    async def vanish(self) -> None:
        """As when the daemon is killed: no goodbye to anybody."""
        bus, self._bus = self._bus, None
        for answer in tuple(self._answers):
            answer.cancel()
        if bus is not None:
            bus.disconnect()
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    async def ask(
        self, client: str, path: str, interface: str, member: str, signature: str, *body: Any
    ) -> bool:
        """Call a client's own object: whether it agreed."""
        reply = await self.call_client(client, path, interface, member, signature, *body)
        return reply is not None and reply.message_type is not MessageType.ERROR

    async def call_client(
        self, client: str, path: str, interface: str, member: str, signature: str, *body: Any
    ) -> Message | None:
        """What a client's own object answers."""
        assert self._bus is not None
        call = Message(
            destination=client,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=[*body],
        )
        return await self._bus.call(call)

    def add(self, path: str, interfaces: dict[str, Properties]) -> None:
        self.objects[path] = interfaces
        self._signal("/", _MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def remove(self, path: str) -> None:
        """The object and everything below it."""
        for each in sorted((p for p in self.objects if p == path or p.startswith(f"{path}/")), reverse=True):
            interfaces = self.objects.pop(each)
            self._signal("/", _MANAGER, "InterfacesRemoved", "oas", [each, list(interfaces)])

    def set(self, path: str, interface: str, **properties: Variant) -> None:
        """Change properties and tell everybody; nothing when the object has gone."""
        if path in self.objects:
            self.objects[path][interface].update(properties)
            body = [interface, properties, []]
            self._signal(path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        kind = MessageType.SIGNAL
        where: dict[str, Any] = {"path": path, "interface": interface, "member": member}
        message = Message(message_type=kind, **where, signature=signature, body=body)
        if self._runs.is_set():
            self._send(message)
        else:
            self._held.append(message)

    def _send(self, message: Message) -> None:
        if self._bus is not None:
            self._bus.send(message)

    def _received(self, message: Message) -> bool | None:
        if message.member == "NameOwnerChanged" and not message.body[2] and self.client_vanished:
            self._spawn(self.client_vanished(message.body[0]))
        if message.message_type is not MessageType.METHOD_CALL or message.interface in _LEFT_TO_LIBRARY:
            return None
        self._spawn(self._answer(message))
        return True

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, message: Message) -> None:
        await self._runs.wait()
        try:
            await self._play_fault(message.member or "")
            signature, body = await self._call(message) or ("", [])
            reply = Message.new_method_return(message, signature, body)
        except DBusRefusal as refusal:
            reply = Message.new_error(message, refusal.name, str(refusal))
        except Exception as error:  # noqa: BLE001  a caller always gets an answer
            traceback.print_exc()
            reply = Message.new_error(message, "org.bluez.Error.Failed", repr(error))
        await self._runs.wait()
        self._send(reply)

    async def _play_fault(self, member: str) -> None:
        if self.faults.get(member):
            fault = self.faults[member].pop(0)
            if isinstance(fault, DBusRefusal):
                raise fault
            await asyncio.sleep(fault)

    async def _call(self, message: Message) -> Reply | None:
        path, member = message.path or "", message.member or ""
        if message.interface == _MANAGER and member == "GetManagedObjects":
            return "a{oa{sa{sv}}}", [self.objects]
        if path not in self.objects and member not in (
            "RegisterAgent",
            "RequestDefaultAgent",
            "UnregisterAgent",
        ):
            raise DBusRefusal(UNKNOWN_OBJECT, f"no object {path}")
        if message.interface == _PROPERTIES and member != "Set":
            return self._properties(message)
        if member not in self.methods:
            raise DBusRefusal(UNKNOWN_METHOD, member)
        return await self.methods[member](message)

    def _properties(self, message: Message) -> Reply:
        interface = self.objects[message.path or ""].get(message.body[0], {})
        if message.member == "GetAll":
            return "a{sv}", [interface]
        if message.member == "Get":
            return "v", [interface[message.body[1]]]
        raise DBusRefusal(UNKNOWN_METHOD, message.member or "")
