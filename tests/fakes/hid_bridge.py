"""A CP2110 bridge behind hidraw, and a TaiDoc glucose meter on its line. Needs `hidraw_shim.c` in LD_PRELOAD.

The bridge is strict: what it does not know is `refused`. A line that is not enabled carries nothing, and at
another speed than the meter's everything is noise.
"""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from tests.fakes import usb_bus
from tests.fakes.faults import Faults

IDS = usb_bus.UsbIds(0x10C4, 0xEA80, "00A1", "CP2110 HID USB-to-UART Bridge", "Silicon Laboratories")
_TICK_S = 1 / 60
_FEATURE = b"F"
_MOST_BYTES = 63
_NOISE = b"\xff\x00"
Result = tuple[datetime, int, int]
"""When, mg/dL, and the byte of the meal."""


def require_shim() -> None:
    """Raise RuntimeError with one plain sentence when nobody would come to our socket."""
    if "hidraw_shim" not in os.environ.get("LD_PRELOAD", ""):
        raise RuntimeError("LD_PRELOAD must name the libraries that tests/fakes/build_shim.py builds")


class Bridge(Faults):
    """Control it from the loop that runs `run()`. `folder` is TELECABINE_HIDRAW_DIR.

    `piece_bytes`: how much of what its unit says it puts into one report.
    """

    def __init__(self, folder: Path, baud: int) -> None:
        require_shim()
        self.piece_bytes = 5
        self.written: list[bytes] = []
        self.refused: list[bytes] = []
        self._path = folder / "hidraw0.sock"
        self._baud = baud
        self._listener: socket.socket | None = None
        self._host: socket.socket | None = None
        self._line_baud, self._enabled = 0, False

    def hear(self, data: bytes) -> None:
        """Bytes from the host, as its unit understands them."""

    def plug(self) -> None:
        """Appear as /dev/hidraw0."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._listener.setblocking(False)
        usb_bus.plug_hid("hidraw0", "/dev/null", IDS)

    def close(self) -> None:
        """Pull the cable."""
        if self._listener is None:
            return
        usb_bus.unplug_hid("hidraw0")
        self._path.unlink()
        self._listener.close()
        self._listener = None
        self._hang_up()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            if self._listener is not None:
                self._accept(self._listener)
            while self._host is not None and (packet := self._packet(self._host)) is not None:
                self._take(packet)

    def say(self, data: bytes) -> None:
        """What comes on the line, in reports of a few bytes."""
        for message in self.suffered(data):
            self._pass_on(message if self._line_baud == self._baud else _NOISE * len(message))

    def _pass_on(self, heard: bytes) -> None:
        if self._enabled:
            for at in range(0, len(heard), self.piece_bytes):
                part = heard[at : at + self.piece_bytes]
                self.report(bytes((len(part),)) + part)

    def report(self, report: bytes) -> None:
        """Any report at all; what nobody reads is gone."""
        with suppress(BlockingIOError, ConnectionError):
            if self._host is not None:
                self._host.send(report)

    def _accept(self, listener: socket.socket) -> None:
        try:
            host, _ = listener.accept()
        except BlockingIOError:
            return
        self._hang_up()
        host.setblocking(False)
        self._host = host

    def _packet(self, host: socket.socket) -> bytes | None:
        try:
            packet = host.recv(1024)
        except BlockingIOError:
            return None
        if not packet:
            self._hang_up()
        return packet or None

    def _hang_up(self) -> None:
        if self._host is not None:
            self._host.close()
        self._host, self._enabled, self._line_baud = None, False, 0

    def _take(self, packet: bytes) -> None:
        if packet.startswith(_FEATURE):
            self._feature(packet[1:])
        elif packet[0] == len(packet) - 1 <= _MOST_BYTES:
            self._hear(packet[1:])
        else:
            self.refused.append(packet)

    def _feature(self, report: bytes) -> None:
        if report[0] == 0x50 and report[5:] == bytes((0, 0, 3, 0)):
            (self._line_baud,) = struct.unpack(">I", report[1:5])
        elif report in (b"\x41\x00", b"\x41\x01"):
            self._enabled = report == b"\x41\x01"
        else:
            self.refused.append(report)

    def _hear(self, data: bytes) -> None:
        if self._enabled and self._line_baud == self._baud:
            self.written.append(data)
            self.hear(data)


class TaidocMeter(Bridge):
    """`results`: the newest first. `model`: the two bytes that name it. `there`: how it says that it is.

    `clock_offset`: how far its clock is off; None: it tells none. `damaged`: its next answer has a wrong
    checksum. `forbidden`: what it was told beside the questions.
    """

    def __init__(self, folder: Path, results: list[Result]) -> None:
        super().__init__(folder, 19200)
        self.results = results
        self.model = b"\x77\x42"
        self.there = 0x22
        self.clock_offset: timedelta | None = timedelta(0)
        self.damaged = False
        self.forbidden: list[bytes] = []

    def hear(self, data: bytes) -> None:
        command, at = data[1], int.from_bytes(data[2:4], "little")
        if len(data) != 8 or data[0] != 0x51 or data[6] != 0xA3 or sum(data[:7]) & 0xFF != data[7]:
            self.refused.append(data)
        elif command == 0x22:
            self._answer(self.there, bytes(4))
        elif command == 0x24:
            self._answer(command, self.model + bytes(2))
        elif command == 0x23:
            if self.clock_offset is not None:
                self._answer(command, _minute(datetime.now() + self.clock_offset))
        elif command in (0x25, 0x26) and at < len(self.results):
            self._answer(command, _record(command, self.results[at]))
        else:
            self.forbidden.append(data)

    def call(self) -> None:
        """Say by itself that it is there."""
        self._answer(0x54, bytes(4))

    def _answer(self, command: int, message: bytes) -> None:
        body = bytes((0x51, command)) + message + b"\xa5"
        self.say(body + bytes((sum(body) + self.damaged & 0xFF,)))
        self.damaged = False


def _record(command: int, result: Result) -> bytes:
    when, value, meal = result
    if command == 0x26:
        return value.to_bytes(2, "little") + bytes((0, meal))
    return _minute(when)


def _minute(when: datetime) -> bytes:
    day = when.year - 2000 << 9 | when.month << 5 | when.day
    return day.to_bytes(2, "little") + bytes((when.minute, when.hour))
