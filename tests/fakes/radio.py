"""The air between simulated Bluetooth controllers (bumble).

Everybody uses static random addresses: with a public one, bumble 0.0.236 sends data from the wrong address.
"""

from bumble.controller import Controller
from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink


class Radio(LocalLink):
    """One room: everybody in it hears everybody."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]


def transceiver(radio: Radio, name: str, address: str) -> Device:
    """A device with a controller of its own on the air; not powered on yet."""
    controller = Controller(name, link=radio)
    own = Address(address, Address.RANDOM_DEVICE_ADDRESS)
    return Device(name=name, address=own, host=Host(controller, AsyncPipeSink(controller)))
