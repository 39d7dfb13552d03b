"""A Contec 08A cuff behind hidraw: a pty stands in for the node, with the same open, read and write.

A pty keeps no boundaries: what is written is one report of 64 bytes each time, and it is read by 64. What the
host writes begins with the number of the report, 0, which the kernel takes away.
"""

import asyncio
import os
import tty

from devices.catalog.contec_08a import REPORT_BYTES
from tests.fakes import usb_bus

IDS = usb_bus.UsbIds(0x0483, 0x5750, "08A1", "CONTEC08A", "CONTEC")
_TICK_S = 1 / 60
_PING, _COUNT, _RESULTS, _ERASE = 0x40, 0x42, 0x43, 0x41
_USER_1 = bytes.fromhex("434101040200")


def record(sys: int, dia: int, pulse: int, mean: int, when: tuple[int, int, int, int, int]) -> bytes:
    """`when`: year since 2000, month, day, hour, minute."""
    year, month, day, hour, minute = when
    marked = (dia, pulse, mean, year, month, 0, day, hour, minute, 0, 0x11)
    return bytes((0x82, 0x80, sys, *(0x80 | byte for byte in marked)))


class Contec08A:
    """Control it from the loop that runs `run()`. `written`: each report of the host."""

    def __init__(self, results: list[bytes]) -> None:
        self.results = results
        self.written: list[bytes] = []
        self._heard = b""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        usb_bus.plug_hid("hidraw0", os.ttyname(self._slave), IDS)
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

    def _listen(self) -> None:
        try:
            self._heard += os.read(self._master, 1024)
        except BlockingIOError:
            return
        while len(self._heard) > REPORT_BYTES:
            self._answer(self._heard[1 : REPORT_BYTES + 1])
            self._heard = self._heard[REPORT_BYTES + 1 :]

    def _answer(self, report: bytes) -> None:
        self.written.append(report)
        if report[0] == _PING:
            self._say(report)
        elif report[0] == _COUNT:
            self._say(bytes((0x48, 0x41, 0x02, 0x13, 0x01, 0x02)))
        elif report[0] == _ERASE:
            self.results = []
        elif report.startswith(_USER_1):
            self._say(bytes.fromhex("4a43010000"))
            self._say(bytes((0x46, 0x41, 0x80, 0x80, 0x80 | len(self.results), 0x82, *(7 * [0x80]), 0x81)))
            for result in self.results:
                self._say(result)

    def say_part(self, data: bytes) -> None:
        """What no device with such reports sends."""
        os.write(self._master, data)

    def _say(self, report: bytes) -> None:
        os.write(self._master, report.ljust(REPORT_BYTES, b"\x00"))
