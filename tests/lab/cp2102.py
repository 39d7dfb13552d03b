"""A CP2102 USB serial bridge played over FunctionFS: the kernel's own cp210x driver takes it for a real one.

Source: Silicon Labs AN571 (control requests); Linux Documentation/usb/functionfs.
"""

import os
import socket
import struct
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.fakes.serial_line import Line
from tests.lab.gadget import Gadget

_IN, _OUT = 0x81, 0x01
_SETUP = 4  # FunctionFS event
_ENABLE, _LINE, _BAUD = 0x00, 0x03, 0x1E  # requests
_ODD, _PARITY_SHIFT = 1, 4
_REPLIES = {0xFF: b"\x02", 0x10: bytes(19), 0x08: b"\x30"}  # part number, status, modem status


class Cp2102:
    """`line`: what its device end reads and writes. `speaks`: at what speed and parity that does so."""

    def __init__(self, mount: Path, udc: str) -> None:
        self._mount = mount
        self._gadget = Gadget("cp2102", udc)
        self.line, self._inner = socket.socketpair()
        self.line.setblocking(False)
        self.speaks = Line(115200)
        self.plugged = False
        self.enabled, self.baud, self.line_control = False, 9600, 0x0800

    def make(self) -> None:
        """Descriptors and endpoints; then it can be plugged."""
        self._gadget.make("ffs.cp2102")
        self._mount.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "functionfs", "cp2102", str(self._mount)], check=True)
        self._ep0 = os.open(self._mount / "ep0", os.O_RDWR)
        os.write(self._ep0, _descriptors())
        os.write(self._ep0, _strings(b"CP2102 UART"))
        self._to_host = os.open(self._mount / "ep1", os.O_RDWR)
        self._from_host = os.open(self._mount / "ep2", os.O_RDWR)
        for work in (self._control, self._listen, self._speak):
            threading.Thread(target=work, daemon=True).start()

    def plug(self, product: int, serial: str) -> None:
        self.plugged = True
        self._gadget.plug(0x10C4, product, serial, "CP2102 USB to UART Bridge Controller")

    def unplug(self) -> None:
        self.plugged = self.enabled = False
        self._gadget.unplug()

    @property
    def told(self) -> Line:
        """As the host has set it."""
        return Line(self.baud, self.line_control >> _PARITY_SHIFT & 0x0F == _ODD)

    def _speak(self) -> None:
        while True:
            data = self.speaks.heard_at(self.told, self._inner.recv(256))
            if self.enabled:
                with suppress(OSError):  # unplugged meanwhile
                    os.write(self._to_host, data)

    def _listen(self) -> None:
        while True:
            try:
                data = os.read(self._from_host, 512)
            except OSError:  # not plugged
                time.sleep(0.1)
            else:
                self._inner.send(self.told.heard_at(self.speaks, data))

    def _control(self) -> None:
        while True:
            event = os.read(self._ep0, 12)
            if event[8] != _SETUP:
                continue
            kind, request, value, _index, length = struct.unpack("<BBHHH", event[:8])
            if kind & 0x80:
                os.write(self._ep0, self._reply(request, length))
            else:
                data = os.read(self._ep0, length)
                self._obey(request, value, data)

    def _reply(self, request: int, length: int) -> bytes:
        own = {0x04: struct.pack("<H", self.line_control), 0x1D: struct.pack("<I", self.baud)}
        return {**_REPLIES, **own}.get(request, bytes(length))[:length]

    def _obey(self, request: int, value: int, data: bytes) -> None:
        if request == _ENABLE:
            self.enabled = bool(value)
        elif request == _LINE:
            self.line_control = value
        elif request == _BAUD:
            self.baud = int.from_bytes(data, "little")


def _descriptors() -> bytes:
    interface = struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 2, 0xFF, 0, 0, 1)
    speeds = (64, 512)  # full and high speed
    body = b"".join(interface + _endpoint(_IN, size) + _endpoint(_OUT, size) for size in speeds)
    flags = 1 | 2 | 64  # both speeds; control requests to any recipient
    return struct.pack("<IIIII", 3, 20 + len(body), flags, 3, 3) + body


def _endpoint(address: int, size: int) -> bytes:
    return struct.pack("<BBBBHB", 7, 5, address, 2, size, 0)


def _strings(name: bytes) -> bytes:
    return struct.pack("<IIIIH", 2, 16 + 2 + len(name) + 1, 1, 1, 0x0409) + name + b"\0"
