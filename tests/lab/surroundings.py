"""What lies around the guest: a Bluetooth room, and a Nonin cable behind the USB serial adapter."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from pathlib import Path

from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.hci import Address, HCI_ErrorCode
from bumble.ll import TerminateInd
from bumble.transport import open_transport

from tests.fakes.ble_oximeters import NoninOximeter
from tests.fakes.ble_peripherals import PulseOximeter
from tests.fakes.nonin_pty import TICK_S, Cable
from tests.fakes.radio import Radio


class PublicRadio(Radio):
    """bluetoothd connects from its public address: data has to come from there as well (bumble 0.0.236)."""

    def send_acl_data(
        self, sender_controller: Controller, destination_address: Address, transport: PhysicalTransport,
        data: bytes,
    ) -> None:  # fmt: skip
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is None or receiver is None:
            super().send_acl_data(sender_controller, destination_address, transport, data)
            return
        own = connection.self_address
        asyncio.get_running_loop().call_soon(lambda: receiver.on_link_acl_data(own, transport, data))


class Room:
    """An oximeter of the Bluetooth SIG's, a Nonin that wants a bond, and the guest's controller."""

    def __init__(self) -> None:
        self._radio = PublicRadio()
        self.port = free_port()
        self._peripherals = (PulseOximeter(self._radio), NoninOximeter(self._radio))

    async def open(self) -> None:
        """On the air, and waiting on `port` for the guest's serial line."""
        for peripheral in self._peripherals:
            await peripheral.power_on()
        self._line = await open_transport(f"tcp-server:127.0.0.1:{self.port}")
        self._controller = self._new_controller()

    async def pull(self) -> None:
        """The guest's controller loses its power, and another waits in its place."""
        old, self._controller = self._controller, self._new_controller()
        old.host = None
        for connection in tuple(old.le_connections.values()):
            connection.send_ll_control_pdu(TerminateInd(HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR))
        self._radio.remove_controller(old)

    def _new_controller(self) -> Controller:
        return Controller(
            "guest", host_source=self._line.source, host_sink=self._line.sink, link=self._radio,
            public_address="0A:0B:0C:0D:0E:0F",
        )  # fmt: skip


class AdapterEnd:
    """The device end of the adapter's line: whoever listens hears 75 frames a second."""

    async def open(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._speak, path)

    async def _speak(self, _reader: StreamReader, writer: StreamWriter) -> None:
        cable = Cable()
        while not writer.is_closing():
            await asyncio.sleep(TICK_S)
            frame = cable.next_frame()
            if not writer.transport.get_write_buffer_size():  # a cable has no memory
                writer.write(frame)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
