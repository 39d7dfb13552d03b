"""The air between simulated Bluetooth controllers (bumble)."""

import asyncio

from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink


class Radio(LocalLink):  # type: ignore[misc]
    """bumble 0.0.236 sends LE data from the sender's random address even when it connected from its public one.

    BlueZ connects from the public one: take the address that the connection was made with.
    """

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is None or receiver is None:
            super().send_acl_data(sender_controller, destination_address, transport, data)
            return
        source = connection.self_address
        asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, source, transport, data)


def transceiver(radio: Radio, name: str, address: str, *, public: bool = False) -> Device:
    """A device with a controller of its own on the air; not powered on yet."""
    controller = Controller(name, link=radio, public_address=address if public else "00:00:00:00:00:00")
    kind = Address.PUBLIC_DEVICE_ADDRESS if public else Address.RANDOM_DEVICE_ADDRESS
    return Device(name=name, address=Address(address, kind), host=Host(controller, AsyncPipeSink(controller)))
