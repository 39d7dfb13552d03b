"""A Nonin Xpod on a pty: streams data format 2 at 75 frames a second, without being asked."""

import asyncio
import os
import tty

from tests.fakes import usb_bus
from tests.fakes.faults import Faults

IDS = usb_bus.UsbIds(0x0403, 0x6001, "FT0001", "FT232R USB UART", "FTDI")
_FRAMES, TICK_S = 25, 1 / 75
_SMARTPOINT, _ALARM = 0x20, 0x08
_SPO2_PLACES, _RATE_PLACES = (2, 8, 9, 10, 15, 16), (0, 13, 19, 21)


class Cable:
    """What it says, frame by frame, in format 2 or 7. The pleth counts frames, modulo 200."""

    def __init__(self, spo2: int = 97, pulse_rate: int = 138, data_format: int = 2) -> None:
        self._format = data_format
        self._numbers = (spo2, pulse_rate)
        self.finger_in = True
        self._frames = 0

    def next_frame(self) -> bytes:
        place = self._frames % _FRAMES
        spo2, rate = self._numbers if self.finger_in else (127, 511)
        value = _SMARTPOINT if place == 7 else 0
        value = spo2 if place in _SPO2_PLACES else value
        value = rate >> 7 if place in _RATE_PLACES else value
        value = rate & 0x7F if place - 1 in _RATE_PLACES else value
        status = 0x80 | (place == 0) | (0 if self.finger_in else _ALARM)
        pleth = self._frames % 200
        body = bytes((1, status, pleth, value) if self._format == 2 else (status, 0, pleth, value))
        self._frames += 1
        return body + bytes((sum(body) & 0xFF,))


class Xpod(Cable, Faults):
    """On a pty. Control it from the loop that runs `run()`."""

    def __init__(self, spo2: int = 97, pulse_rate: int = 138, data_format: int = 2) -> None:
        super().__init__(spo2, pulse_rate, data_format)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        usb_bus.plug("ttyUSB5", os.ttyname(self._slave), IDS)

    def close(self) -> None:
        """Pull the cable."""
        if self._master >= 0:
            usb_bus.unplug("ttyUSB5")
            os.close(self._master)
            os.close(self._slave)
            self._master = -1

    async def run(self) -> None:
        """Until cancelled. A cable has no memory: what nobody reads is gone."""
        while True:
            await asyncio.sleep(TICK_S)
            try:
                for message in self.suffered(self.next_frame()):
                    os.write(self._master, message)
            except BlockingIOError:
                self._frames -= self._frames % _FRAMES
