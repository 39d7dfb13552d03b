"""A stethoscope board at a USB serial port."""

import asyncio

from devices.device import SerialMatch
from drivers.board import Board, Pipe
from drivers.instrument import DriverError, Reason
from drivers.serial_port import SerialPort, find_named

_LOOK_EVERY_S = 0.5


class SerialBoard(Board):
    """`address`: "usb:VENDOR:PRODUCT:SERIAL"; nobody else opens its port. Of two alike, none is it."""

    gone = Reason.UNPLUGGED
    _node = ""

    async def run(self) -> None:
        while True:
            self._node = await asyncio.to_thread(find_named, self.address)
            self._show(bool(self._node))
            await asyncio.sleep(_LOOK_EVERY_S)

    def _pipe(self) -> Pipe:
        if not self._node:
            raise DriverError(self.gone)
        return SerialPort(self._node, SerialMatch((), baud=self._pcm.baud))
