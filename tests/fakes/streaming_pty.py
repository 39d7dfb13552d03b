"""A unit on a pty that streams frames as soon as somebody listens, at a speed of its own."""

import asyncio
import errno
import os
import termios
import tty

from tests.fakes import usb_bus
from tests.fakes.serial_line import Line, line_of

_TICK_S = 1 / 60


class Streamer:
    """Control it from the loop that runs `run()`. `heard_at`: each way in which the host has set the port.

    `frame`: sent over and over. `once`: sent next in its place.
    """

    def __init__(self, frame: bytes, line: Line, ids: usb_bus.UsbIds = usb_bus.CP2102) -> None:
        self.frame = frame
        self.heard_at: list[Line] = []
        self.written = b""
        self.once = b""
        self.line = line
        self._ids = ids
        self._node = ""
        self._master = -1

    def plug(self, node: str) -> None:
        """Appear as /dev/NODE."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        usb_bus.plug(node, os.ttyname(slave), self._ids)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._node = node
        self.heard_at.clear()

    def close(self) -> None:
        """Pull the cable."""
        if self._node:
            usb_bus.unplug(self._node)
            os.close(self._master)
            self._node = ""

    async def run(self) -> None:
        """Until cancelled. What nobody reads is gone."""
        while True:
            await asyncio.sleep(_TICK_S)
            if self._node and self._is_open():
                self._stream()

    def _is_open(self) -> bool:
        try:
            self.written += self.line.carries(self._master, os.read(self._master, 256))
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            settings = termios.tcgetattr(self._master)
            settings[2] &= ~termios.PARODD  # a pty refuses a parity that would change nothing else
            termios.tcsetattr(self._master, termios.TCSANOW, settings)
            return False
        return True

    def _stream(self) -> None:
        line = line_of(self._master)
        if self.heard_at[-1:] != [line]:
            self.heard_at.append(line)
        try:
            os.write(self._master, self.line.carries(self._master, self.once or self.frame))
        except BlockingIOError:
            return
        self.once = b""
