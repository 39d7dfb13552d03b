"""One opening of one serial port or HID device as one device: its speed, its commands, its decoder."""

import asyncio
from collections.abc import Iterable

from devices.device import Decoder, Device, HidMatch, PortMatch, SerialMatch
from devices.event import Event, Send
from drivers.hid_port import HidPort
from drivers.hid_uart import HidUart
from drivers.port import Port
from drivers.serial_port import SerialPort


class Talk:
    """Every call raises DriverError when the port fails. Closed by whoever opened it."""

    def __init__(self, node: str, device: Device, port: Port | None = None) -> None:
        """`port`: already open, as somebody else speaks the same way."""
        if not isinstance(device.match, PortMatch) or device.decoder is None:
            raise ValueError(f"{device.key} is read from no port")
        self.device = device
        self.match = device.match
        self._node = node
        self.decoder: Decoder = device.decoder()
        self._port = port or _port(node, device.match)
        self._kept_alive_at_s = 0.0

    def beside(self, device: Device) -> "Talk":
        """The same opening, as another device: on the same line, and started by nothing that is sent."""
        return Talk(self._node, device, self._port)

    async def open(self) -> None:
        await self._port.open()

    async def start(self) -> None:
        """Send what makes it stream, if anything does."""
        for command in self.match.start:
            await self._port.write(command)
        self._kept_alive_at_s = now_s()

    async def hear(self) -> tuple[bytes, list[Event]]:
        """What has come and what it says; nothing after 0.2 s of silence."""
        data = await self.read()
        return data, self.decode(data)

    async def read(self) -> bytes:
        """What has come; `decode` says what it means."""
        return await self._port.read()

    def decode(self, data: bytes) -> list[Event]:
        return self.decoder.feed(data) if data else []

    async def answer(self, events: Iterable[Event]) -> None:
        """Send what the protocol asks for. ValueError when that is not on the device's list."""
        for event in events:
            if isinstance(event, Send):
                if not self.match.may_send(event.command):
                    raise ValueError(f"{self.device.key} may not be sent {event.command.hex()}")
                await self._port.write(event.command)

    async def keep_alive(self) -> None:
        """Send it when it is due."""
        if self.match.keep_alive and now_s() >= self._kept_alive_at_s + self.match.keep_alive_s:
            self._kept_alive_at_s = now_s()
            await self._port.write(self.match.keep_alive)

    async def close(self) -> None:
        """Never raises."""
        await self._port.close()


def _port(node: str, match: SerialMatch | HidMatch) -> Port:
    if isinstance(match, SerialMatch):
        return SerialPort(node, match)
    return HidUart(node, match) if match.bridge_baud else HidPort(node, match)


def now_s() -> float:
    return asyncio.get_running_loop().time()
