"""Plays supercameras on the sockets that `usbfs_shim.c` opens: pictures, a button, stalls, lies, unplugging.

One thread a camera. As the camera does, it drops the rest of a picture when the program does not read.
"""

import errno
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.fakes import usb_bus
from tests.fakes.cameras import loop_of_jpegs
from tests.fakes.useeplus import PICTURE_ENDPOINT, Ears, Padded, packets

RATE_HZ = 16
IDS = usb_bus.UsbIds(0x2CE3, 0x3828, "022018050100030", "supercamera", "Geek szitman")
Spoiler = Callable[[list[bytes]], list[bytes]]


def honest(transfers: list[bytes]) -> list[bytes]:
    return transfers


class SimulatedSupercamera:
    """One camera at a port; `folder` is TELECABINE_USBFS_DIR. `plug` needs the private mount namespace.

    `spoil`: what becomes of a picture's transfers. `busy`: another program has claimed it. `deaf`: it takes
    nothing that is written to it.
    """

    def __init__(self, folder: Path, ids: usb_bus.UsbIds = IDS, port: int = 3, padded: bool = False) -> None:
        self.ids, self.port, self.address = ids, port, 4
        self.spoil: Spoiler = honest
        self.busy = self.deaf = self.pressed = self.stalled = False
        self.ears = Ears()
        self.opened = self.sent = 0
        self._folder = folder
        self._padded, self._padding = padded, Padded()
        self._pulled = threading.Event()
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        """At a new address of the bus, as each time."""
        loop_of_jpegs("ear_canal")
        self.address += 1
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(self._path))
        listener.listen(8)
        listener.setblocking(False)
        self._pulled.clear()
        self._thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
        self._thread.start()
        usb_bus.plug_device(self.port, self.address, self.ids)

    def unplug(self) -> None:
        """The cable is pulled: the device vanishes, and whoever has it open gets ENODEV."""
        if self._thread is None:
            return
        self._pulled.set()
        self._thread.join()
        self._thread = None
        usb_bus.unplug_device(self.port, self.address)

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    @property
    def _path(self) -> Path:
        return self._folder / f"001-{self.address:03}.sock"

    def _serve(self, listener: socket.socket) -> None:
        host: socket.socket | None = None
        path, due_s = self._path, time.monotonic()
        with listener:
            while not self._pulled.wait(0.002):
                host = self._accept(listener, host)
                if host is not None and not self._listen(host):
                    host = None
                if time.monotonic() >= due_s:
                    due_s = max(due_s + 1 / RATE_HZ, time.monotonic() - 1)
                    self._show(host)
            if host is not None:
                host.close()
        path.unlink()

    def _accept(self, listener: socket.socket, host: socket.socket | None) -> socket.socket | None:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return host
        connection.setblocking(False)
        self.opened += 1
        self.ears = Ears()
        if host is not None:
            host.close()
        return connection

    def _listen(self, host: socket.socket) -> bool:
        """False once the program has closed the node."""
        try:
            while request := host.recv(4096):
                self._answer(host, request)
        except BlockingIOError:
            return True
        except ConnectionError:
            pass
        host.close()
        return False

    def _answer(self, host: socket.socket, request: bytes) -> None:
        what, rest = request[:1], request[1:]
        if what == b"O" and self.deaf:
            return  # the host waits in vain
        if what == b"O":
            self.ears.hear(rest[0], rest[1:])
        elif what == b"S":
            self.ears.select(*struct.unpack("@II", rest))
        elif what == b"H":
            self.ears.cleared.extend(struct.unpack("@I", rest))
        host.send(bytes((0, errno.EBUSY if what == b"C" and self.busy else 0)))

    def _show(self, host: socket.socket | None) -> None:
        if host is None or self.stalled or not self.ears.streaming:
            return
        jpegs = loop_of_jpegs("ear_canal")
        sent = packets(jpegs[self.sent % len(jpegs)], self.sent, self.pressed)
        transfers = [self._padding.transfer(each) for each in sent] if self._padded else sent
        self.sent += 1
        self._send(host, self.spoil(transfers))

    def _send(self, host: socket.socket, transfers: list[bytes]) -> None:
        try:
            for transfer in transfers:
                host.send(bytes((PICTURE_ENDPOINT,)) + transfer)
        except (BlockingIOError, ConnectionError):
            return  # nobody reads
