"""A Contec CMS50D+ (protocol V7.0) on a pty: obeys the host's commands, streams 60 frames a second.

It streams only while somebody has the port open, was told to start, and keeps it alive, as the unit does.
The scripted values change every 2.5 s, and no content lasts less than 75 frames: a listener that takes one
reading per changed content, at most one per 60 frames, must see exactly `stats()["readings"]` of them.
"""

import asyncio
import errno
import math
import os
import tty
from dataclasses import dataclass
from itertools import cycle

from tests.fakes import frames, usb_bus
from tests.fakes.faults import Faults
from tests.fakes.serial_line import Line

LINE = Line(115200)
RATE_HZ = 60
_TICK_S = 1 / RATE_HZ
_KEPT_ALIVE_FRAMES = 12 * RATE_HZ
CONTENT_FRAMES = 150
_SHORTEST_FRAMES = 75
_HEARD_FRAMES = 30
_COMMAND_BYTES = 9


@dataclass(frozen=True, slots=True)
class Vitals:
    """One step of the script."""

    spo2: int
    pulse_rate: int
    perfusion_hundredths: int


SCRIPT = (
    Vitals(98, 72, 312), Vitals(97, 74, 298), Vitals(98, 71, 305), Vitals(96, 76, 287),
    Vitals(97, 73, 301), Vitals(99, 70, 320),
)  # fmt: skip
FINGER_OUT = None
Content = Vitals | None


class ContecSpeaker(Faults):
    """The simulated unit. Control it from the loop that runs `run()`."""

    def __init__(
        self,
        ids: usb_bus.UsbIds = usb_bus.CP2102,
        script: tuple[Vitals, ...] = SCRIPT,
        content_frames: int = CONTENT_FRAMES,
    ) -> None:
        self._ids = ids
        self._content_frames = content_frames
        self._script = cycle(script)
        self._content: Content = next(self._script)
        self._wanted_out = False
        self._age = 0
        self._node = ""
        self._master = -1
        self._phase = 0.0
        self._streaming_frames_left = 0
        self._inbox = b""
        self.frames_sent = 0
        self.commands: list[bytes] = []
        self.readings: list[Content] = []

    def plug(self, node: str = "ttyUSB0") -> None:
        """Appear as /dev/NODE."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        path = os.ttyname(slave)
        usb_bus.plug(node, path, self._ids)
        os.close(slave)  # from now on the master says whether anybody has the port open
        os.set_blocking(self._master, False)
        self._node = node

    async def unplug(self) -> None:
        """Pull the cable, once the present content has been on the line for half a second."""
        while self._streaming_frames_left and self._age < _HEARD_FRAMES:  # noqa: ASYNC110  counts frames
            await asyncio.sleep(_TICK_S)
        self.close()

    def close(self) -> None:
        """Pull the cable now."""
        if self._node:
            usb_bus.unplug(self._node)
            os.close(self._master)
            self._node, self._master, self._streaming_frames_left, self._inbox = "", -1, 0, b""

    def finger_out(self) -> None:
        self._wanted_out = True

    def finger_in(self) -> None:
        self._wanted_out = False

    def spoilt(self, message: bytes) -> bytes:
        """No V7 packet can hold such bytes."""
        return message[:2] + bytes(byte & 0x7F for byte in message[2:])

    def stats(self) -> dict[str, object]:
        """JSON-ready. `readings`: contents that a listener must have seen so far, oldest first."""
        return {
            "plugged": self._node,
            "frames_sent": self.frames_sent,
            "frames_damaged": self.frames_damaged,
            "readings": len(self.readings),
            "expected": [_describe(content) for content in self.readings],
        }

    async def run(self) -> None:
        """Stream until cancelled; late ticks are made up for."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s = max(due_s + _TICK_S, loop.time() - 1.0)
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            if self._node:
                self._obey()
                self._stream()

    def _obey(self) -> None:
        try:
            self._inbox += self._carry(os.read(self._master, 256))
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._streaming_frames_left, self._inbox = 0, b""  # nobody has the port open
            return
        while len(self._inbox) >= _COMMAND_BYTES:
            command, self._inbox = self._inbox[:_COMMAND_BYTES], self._inbox[_COMMAND_BYTES:]
            self._command(command)

    def _carry(self, data: bytes) -> bytes:
        return LINE.carries(self._master, data)

    def _command(self, command: bytes) -> None:
        self.commands.append(command)
        if command == frames.CONTEC_START:
            if not self._streaming_frames_left:
                self._enter(self._content)
            self._streaming_frames_left = _KEPT_ALIVE_FRAMES
        elif command == frames.CONTEC_STOP:
            self._streaming_frames_left = 0
        elif command == frames.CONTEC_KEEP_ALIVE and self._streaming_frames_left:
            self._streaming_frames_left = _KEPT_ALIVE_FRAMES

    def _stream(self) -> None:
        if not self._streaming_frames_left or self.silent:
            return
        self._streaming_frames_left -= 1
        self._turn_page()
        self._age += 1
        self._send(self._frame())

    def _turn_page(self) -> None:
        out = self._content is FINGER_OUT
        if self._age >= _SHORTEST_FRAMES and out != self._wanted_out:
            self._enter(FINGER_OUT if self._wanted_out else next(self._script))
        elif self._age >= self._content_frames and not out:
            self._enter(next(self._script))

    def _enter(self, content: Content) -> None:
        self._content, self._age = content, 0
        self.readings.append(content)

    def _frame(self) -> bytes:
        content = self._content
        if content is None:
            return frames.contec_v7_finger_out()
        self._phase = (self._phase + content.pulse_rate / 60 / RATE_HZ) % 1.0
        return frames.contec_v7_frame(
            pleth=pleth(self._phase),
            beep=self._phase < content.pulse_rate / 60 / RATE_HZ,
            pr=content.pulse_rate,
            spo2=content.spo2,
            pi_hundredths=content.perfusion_hundredths,
        )

    def _send(self, frame: bytes) -> None:
        try:
            for message in self.suffered(frame):
                os.write(self._master, self._carry(message))
        except BlockingIOError:
            return  # the listener does not read: a USB bridge drops what does not fit
        self.frames_sent += 1


def pleth(phase: float) -> int:
    """A pulse wave of 0 to 100: the systolic peak, then the dicrotic one."""
    systolic = math.exp(-(((phase - 0.22) / 0.11) ** 2))
    dicrotic = 0.38 * math.exp(-(((phase - 0.55) / 0.13) ** 2))
    return round(100 * min(1.0, systolic + dicrotic))


def _describe(content: Content) -> dict[str, int] | None:
    if content is None:
        return None
    return {"spo2": content.spo2, "pr": content.pulse_rate, "pi_hundredths": content.perfusion_hundredths}
