"""What simulated units behind hidraw with reports of one size share: a pty stands in for the node.

A pty keeps no boundaries: what is written is one report each time, and it is read by its size. What the host
writes begins with the number of the report, 0, which the kernel takes away.
"""

import asyncio
import os
import tty

from tests.fakes import usb_bus
from tests.fakes.faults import Faults

_TICK_S = 1 / 60


class HidUnit(Faults):
    """Plugged in from the start. Control it from the loop that runs `run()`. `written`: what it got."""

    def __init__(self, ids: usb_bus.UsbIds, report_bytes: int) -> None:
        self.written: list[bytes] = []
        self._ids = ids
        self._size = report_bytes
        self._heard = b""
        self._is_plugged = False
        self.plug()

    def hear(self, report: bytes) -> None:
        """A report of the host."""

    def plug(self) -> None:
        """Appear as /dev/hidraw0."""
        self._heard = b""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        usb_bus.plug_hid("hidraw0", os.ttyname(self._slave), self._ids)
        self._is_plugged = True

    def close(self) -> None:
        """Pull the cable."""
        if self._is_plugged:
            self._is_plugged = False
            usb_bus.unplug_hid("hidraw0")
            os.close(self._slave)
            os.close(self._master)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            if self._is_plugged:
                self._listen()

    def say(self, report: bytes) -> None:
        for message in self.suffered(report):
            os.write(self._master, message.ljust(self._size, b"\x00"))

    def say_part(self, data: bytes) -> None:
        """What no device with such reports sends."""
        os.write(self._master, data)

    def _listen(self) -> None:
        try:
            self._heard += os.read(self._master, 1024)
        except BlockingIOError:
            return
        while len(self._heard) > self._size:
            report, self._heard = self._heard[1 : self._size + 1], self._heard[self._size + 1 :]
            self.written.append(report)
            self.hear(report)
