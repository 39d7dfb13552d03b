"""What simulated units at a USB serial port have in common: a pty, and a speed of their own."""

import asyncio
import errno
import os
import termios
import tty
from contextlib import suppress

from tests.fakes import usb_bus
from tests.fakes.faults import Faults
from tests.fakes.serial_line import Line, line_of

_TICK_S = 1 / 60


class SerialUnit(Faults):
    """Control it from the loop that runs `run()`.

    `heard_at`: each way in which the host has set the port since it was plugged in. `written`: what the unit
    understood of what it was sent.
    """

    def __init__(self, line: Line, ids: usb_bus.UsbIds = usb_bus.CP2102) -> None:
        self.line = line
        self.heard_at: list[Line] = []
        self.written = b""
        self._ids = ids
        self._node = ""
        self._master = -1

    def hear(self, data: bytes) -> None:
        """Bytes from the host, as they are understood at this unit's speed."""

    def tick(self) -> None:
        """Called sixty times a second while somebody has the port open."""

    def say(self, data: bytes) -> None:
        """Send; what nobody reads is gone."""
        with suppress(BlockingIOError):
            for message in self.suffered(data):
                os.write(self._master, self.line.carries(self._master, message))

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
        """Until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            if self._node and self._listen():
                self._note_line()
                self.tick()

    def _listen(self) -> bool:
        """Whether somebody has the port open."""
        try:
            data = self.line.carries(self._master, os.read(self._master, 256))
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._forget_parity()
            return False
        self.written += data
        self.hear(data)
        return True

    def _forget_parity(self) -> None:
        """A pty refuses a parity that would change nothing else."""
        settings = termios.tcgetattr(self._master)
        settings[2] &= ~termios.PARODD
        termios.tcsetattr(self._master, termios.TCSANOW, settings)

    def _note_line(self) -> None:
        line = line_of(self._master)
        if self.heard_at[-1:] != [line]:
            self.heard_at.append(line)


class Streamer(SerialUnit):
    """Sends `frame` over and over, as soon as somebody listens; `once` in its place, once."""

    def __init__(self, frame: bytes, line: Line, ids: usb_bus.UsbIds = usb_bus.CP2102) -> None:
        super().__init__(line, ids)
        self.frame = frame
        self.once = b""

    def tick(self) -> None:
        self.say(self.once or self.frame)
        self.once = b""


class Answerer(SerialUnit):
    """Answers one question with `answer`, and refuses every other."""

    def __init__(self, question: bytes, answer: bytes, line: Line, ids: usb_bus.UsbIds) -> None:
        super().__init__(line, ids)
        self.answer = answer
        self.refused = b""
        self._question = question

    def hear(self, data: bytes) -> None:
        self.refused += data.replace(self._question, b"")
        for _ in range(data.count(self._question)):
            self.say(self.answer)
