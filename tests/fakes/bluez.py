"""An `org.bluez` service over a simulated radio: bleak's own BlueZ backend scans and connects through it.

Only what clients of GATT use is played: Adapter1, Device1, GattService1, GattCharacteristic1, AgentManager1.
Source: BlueZ D-Bus API documents (doc/org.bluez.*.rst).
"""

import asyncio

from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Connection
from bumble.hci import Address
from bumble.keys import KeyStore
from bumble.pairing import PairingConfig
from dbus_fast import Message, Variant

from tests.fakes.bluez_agent import Agent, AskingAgent
from tests.fakes.bluez_gatt import RemoteGatt, uuid128
from tests.fakes.dbus_objects import DBusRefusal, ObjectTree, Properties, Reply
from tests.fakes.radio import Radio, transceiver

ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
ADAPTER_PATH = "/org/bluez/hci0"
_ADAPTER_ADDRESS = "CA:0B:0C:0D:0E:0F"
_CONNECT_LIMIT_S = 20.0
_Type = AdvertisingData.Type
_UUID_LISTS = (
    _Type.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    _Type.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    _Type.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    _Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)


def refusal(name: str, text: str) -> DBusRefusal:
    return DBusRefusal(f"org.bluez.Error.{name}", text)


class FakeBluez:
    """bluetoothd with one adapter, hci0."""

    def __init__(self, radio: Radio) -> None:
        self.tree = ObjectTree()
        self.agents: list[str] = []
        self.discovers = True  # services, when it is connected
        self._agents: dict[str, Agent] = {}
        self._default = Agent()
        self._bonding: dict[str, Agent] = {}
        self._radio = transceiver(radio, "bluetoothd", _ADAPTER_ADDRESS)
        self._radio.pairing_config_factory = self._pairing_config
        self._gatt = RemoteGatt(self.tree)
        self.tree.client_vanished = self._client_vanished
        self._addresses: dict[str, Address] = {}
        self._connections: dict[str, Connection] = {}
        self._connecting = asyncio.Lock()
        self._scanners: set[str] = set()
        self._powered_on = False
        self.tree.methods.update(self._gatt.methods())
        self.tree.methods.update(
            SetDiscoveryFilter=self._accept,
            StartDiscovery=self._start_discovery,
            StopDiscovery=self._stop_discovery,
            RemoveDevice=self._remove_device,
            Connect=self._connect,
            Disconnect=self._disconnect,
            Pair=self._pair,
            CancelPairing=self._cancel_pairing,
            RegisterAgent=self._register_agent,
            RequestDefaultAgent=self._request_default_agent,
            UnregisterAgent=self._accept,
            Set=self._set,
        )

    async def start(self, bus_address: str) -> None:
        """Come up on the bus with the adapter on."""
        if not self._powered_on:
            self._radio.on("advertisement", self._advertised)
            await self._radio.power_on()
            self._powered_on = True
        self.tree.add("/org/bluez", {"org.bluez.AgentManager1": {}})
        self.tree.add(ADAPTER_PATH, {ADAPTER: _adapter_properties()})
        await self.tree.publish(bus_address, "org.bluez")

    async def die(self) -> None:
        """Killed: no client hears of it. The kernel keeps the links, of which the next one does not know."""
        await self.tree.vanish()
        if self._scanners:
            await self._radio.stop_scanning()
        self._scanners.clear()
        self.agents.clear()
        self.tree.objects.clear()

    async def power(self, on: bool) -> None:
        """Switch the adapter, as a settings panel or rfkill does."""
        if not on:
            for connection in tuple(self._connections.values()):
                await connection.disconnect()
            if self._scanners:
                await self._radio.stop_scanning()
            self._scanners.clear()
        self.tree.set(ADAPTER_PATH, ADAPTER, Powered=Variant("b", on), Discovering=Variant("b", False))

    async def _set(self, message: Message) -> Reply:
        interface, name, value = message.body
        if (interface, name) == (ADAPTER, "Powered"):
            await self.power(value.value)
        else:
            self.tree.set(message.path or "", interface, **{name: value})
        return "", []

    async def drop(self, address: str) -> None:
        """The link to one peripheral breaks."""
        await self._connections[device_path(address)].disconnect()

    async def wants_to_pair(self, address: str) -> bool:
        """A peripheral, or a stranger's telephone, begins to pair by itself: whether the agent agrees."""
        question = ("org.bluez.Agent1", "RequestAuthorization", "o", device_path(address))
        return await self.tree.ask(self._default.client, self._default.path, *question)

    def pairs_with(self, address: str) -> bool:
        """A client wants it, and it has not ended."""
        return device_path(address) in self._bonding

    def knows(self, address: str) -> bool:
        return device_path(address) in self.tree.objects

    def advertised_by(self, address: str) -> bytes:
        """The data of a service that it was heard to advertise last."""
        shown = self.tree.objects.get(device_path(address), {}).get(DEVICE, {})
        said = shown.get("ServiceData", Variant("a{sv}", {})).value
        return next((bytes(each.value) for each in said.values()), b"")

    async def _accept(self, _message: Message) -> None:
        return None

    async def _register_agent(self, message: Message) -> None:
        client, (path, capability) = message.sender or "", message.body
        self.agents.append(str(capability))
        self._agents[client] = Agent(client, path, capability)

    async def _request_default_agent(self, message: Message) -> None:
        self._default = self._agents[message.sender or ""]

    def _pairing_config(self, connection: Connection) -> PairingConfig:
        path = device_path(connection.peer_address.to_string(False))
        return AskingAgent(self.tree, self._bonding.get(path, self._default), path).config()

    async def _start_discovery(self, message: Message) -> None:
        if not self.tree.objects[ADAPTER_PATH][ADAPTER]["Powered"].value:
            raise refusal("NotReady", "Resource Not Ready")
        if message.sender in self._scanners:
            raise refusal("InProgress", "Operation already in progress")
        if not self._scanners:
            await self._radio.start_scanning(filter_duplicates=False)
        self._scanners.add(message.sender or "")
        self.tree.set(ADAPTER_PATH, ADAPTER, Discovering=Variant("b", True))

    async def _stop_discovery(self, message: Message) -> None:
        if message.sender not in self._scanners:
            raise refusal("Failed", "No discovery started")
        self._scanners.discard(message.sender or "")
        if not self._scanners:
            await self._radio.stop_scanning()
            self.tree.set(ADAPTER_PATH, ADAPTER, Discovering=Variant("b", False))

    async def _client_vanished(self, client: str) -> None:
        """Its scan and its subscriptions end with a client; its connections stay, as in bluetoothd."""
        await self._gatt.unsubscribe(client)
        self._agents.pop(client, None)
        if client in self._scanners:
            self._scanners.discard(client)
            if not self._scanners:
                await self._radio.stop_scanning()

    async def _remove_device(self, message: Message) -> None:
        path = message.body[0]
        if path in self._connections:
            await self._connections[path].disconnect()
        await self._keys.delete(str(self._addresses[path]))
        self.tree.remove(path)

    @property
    def _keys(self) -> KeyStore:
        assert self._radio.keystore is not None
        return self._radio.keystore

    def _advertised(self, advertisement: Advertisement) -> None:
        if not self._scanners:
            return
        path = device_path(advertisement.address.to_string(False))
        self._addresses[path] = advertisement.address
        heard = _heard(advertisement)
        if path in self.tree.objects:
            self.tree.set(path, DEVICE, **heard)
        else:  # the name comes with the scan response, when the object is there already
            unnamed = {key: value for key, value in heard.items() if key not in ("Name", "Alias")}
            self.tree.add(path, {DEVICE: _device_properties(advertisement.address) | unnamed})

    async def _connect(self, message: Message) -> None:
        path = message.path or ""
        if path in self._connections:
            return
        try:
            async with self._connecting:  # a controller makes one connection at a time
                if path in self._connections:
                    return
                connection = await self._radio.connect(self._addresses[path], timeout=_CONNECT_LIMIT_S)
                if await self._keys.get(str(connection.peer_address)):
                    await connection.encrypt()
        except Exception as error:
            raise refusal("Failed", "le-connection-abort-by-local") from error
        self._connections[path] = connection
        connection.on("disconnection", lambda _reason: self._disconnected(path))
        self.tree.set(path, DEVICE, Connected=Variant("b", True))
        if not self.discovers:
            return
        services = await self._gatt.resolve(path, connection)
        self.tree.set(path, DEVICE, ServicesResolved=Variant("b", True), UUIDs=Variant("as", services))

    def _disconnected(self, path: str) -> None:
        self._connections.pop(path, None)
        self._gatt.forget(path)
        off = Variant("b", False)
        self.tree.set(path, DEVICE, ServicesResolved=off, Connected=off)

    async def _disconnect(self, message: Message) -> None:
        path = message.path or ""
        if path not in self._connections:
            raise refusal("NotConnected", "Not Connected")
        await self._connections[path].disconnect()

    def pair_by_itself(self, address: str) -> None:
        """The peripheral asked for it and the agent agreed: no client had a hand in it, nor is told."""
        path = device_path(address)
        self.tree.set(path, DEVICE, Paired=Variant("b", True), Bonded=Variant("b", True))

    async def _pair(self, message: Message) -> Reply | None:
        path = message.path or ""
        if not self.agents:
            raise refusal("AuthenticationFailed", "no agent")
        if path in self._bonding:
            raise refusal("InProgress", "In Progress")
        self._bonding[path] = self._agents.get(message.sender or "", self._default)
        try:
            await self._connect(message)
            await self._connections[path].pair()
        except DBusRefusal:
            raise refusal("ConnectionAttemptFailed", "Page Timeout") from None
        except (Exception, asyncio.CancelledError) as error:  # cancelled: it hung up in the middle
            raise refusal("AuthenticationFailed", "Authentication Failed") from error
        finally:
            del self._bonding[path]
        self.tree.set(path, DEVICE, Paired=Variant("b", True), Bonded=Variant("b", True))
        return None

    async def _cancel_pairing(self, message: Message) -> None:
        if message.path not in self._bonding:
            raise refusal("DoesNotExist", "Does Not Exist")
        await self._disconnect(message)


def device_path(address: str) -> str:
    return f"{ADAPTER_PATH}/dev_{address.replace(':', '_')}"


def _heard(advertisement: Advertisement) -> Properties:
    data = advertisement.data
    name = data.get(_Type.COMPLETE_LOCAL_NAME)
    services = [uuid128(service) for kind in _UUID_LISTS for service in _uuids(data, kind)]
    heard = {"RSSI": Variant("n", advertisement.rssi), "UUIDs": Variant("as", services)}
    if (maker := data.get(_Type.MANUFACTURER_SPECIFIC_DATA)) is not None:
        company, said = maker
        heard["ManufacturerData"] = Variant("a{qv}", {company: Variant("ay", bytes(said))})
    if (said_of := data.get(_Type.SERVICE_DATA_16_BIT_UUID)) is not None:
        service, said = said_of
        heard["ServiceData"] = Variant("a{sv}", {uuid128(service): Variant("ay", bytes(said))})
    return heard | ({"Name": Variant("s", name), "Alias": Variant("s", name)} if name else {})


def _uuids(data: AdvertisingData, kind: AdvertisingData.Type) -> list[UUID]:
    listed = data.get(kind) or []
    assert isinstance(listed, list)
    return listed


def _adapter_properties() -> Properties:
    return {
        "Address": Variant("s", _ADAPTER_ADDRESS),
        "Name": Variant("s", "kiosk"),
        "Alias": Variant("s", "kiosk"),
        "Powered": Variant("b", True),
        "Discovering": Variant("b", False),
        "Pairable": Variant("b", True),
        "Roles": Variant("as", ["central", "peripheral"]),
        "UUIDs": Variant("as", []),
    }


def _device_properties(address: Address) -> Properties:
    text = address.to_string(False)
    flags = ("Paired", "Bonded", "Trusted", "Blocked", "LegacyPairing", "Connected", "ServicesResolved")
    return {
        "Address": Variant("s", text),
        "AddressType": Variant("s", "public" if address.is_public else "random"),
        "Alias": Variant("s", text.replace(":", "-")),
        "Adapter": Variant("o", ADAPTER_PATH),
        **{flag: Variant("b", False) for flag in flags},
    }
