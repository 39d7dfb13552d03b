"""Plays UVC cameras on the sockets that `v4l2_shim.c` opens: JPEGs at 30 a second, stalls, unplugging.

One thread a camera. As a driver does, it drops a frame when the program is too slow to take it.
"""

import socket
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from tests.fakes import pictures, usb_bus


@dataclass(frozen=True, slots=True)
class CameraModel:
    """What a simulated camera says of itself, and the moving picture it sees."""

    index: int
    name: str
    vid: int
    pid: int
    serial: str
    picture: str


OTOSCOPE = CameraModel(4, "USB Ear Otoscope: Camera", 0x0C45, 0x6340, "OTO-0001", "ear_canal")
FACE = CameraModel(2, "HD Webcam C270", 0x046D, 0x0825, "FACE-0001", "portrait")


@cache
def loop_of_jpegs(picture: str) -> tuple[bytes, ...]:
    draw = pictures.PICTURES[picture]
    return tuple(pictures.encode_jpeg(draw(index)) for index in range(pictures.LOOP_FRAMES))


def _jpeg(picture: str, index: int, barcode: bool) -> bytes:
    if not barcode:
        return loop_of_jpegs(picture)[index % pictures.LOOP_FRAMES]
    image = pictures.PICTURES[picture](index)
    pictures.stamp_barcode(image, int(time.time() * 1000))
    return pictures.encode_jpeg(image)


class SimulatedCamera:
    """One camera; `folder` is TELECABINE_V4L2_DIR. `plug` needs the private mount namespace."""

    def __init__(self, model: CameraModel, folder: Path, barcode: bool = False) -> None:
        self.model = model
        self.streams = 0
        self.opened = 0
        self.sent = 0
        self.dropped = 0
        self._path = folder / f"video{model.index}.sock"
        self._barcode = barcode
        self._picture = model.picture
        self._frozen: int | None = None
        self._stalled = threading.Event()
        self._hung_up = threading.Event()
        self._pulled = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def plugged(self) -> bool:
        return self._thread is not None

    def plug(self) -> None:
        """The camera appears on the bus and answers at its node."""
        if self._thread:
            return
        _jpeg(self.model.picture, 0, False)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(self._path))
        listener.listen(8)
        self._pulled.clear()
        self._thread = threading.Thread(
            target=self._serve, args=(listener,), name=self._path.stem, daemon=True
        )
        self._thread.start()
        m = self.model
        usb_bus.plug_camera(m.index, m.name, m.vid, m.pid, m.serial)

    def unplug(self) -> None:
        """The cable is pulled: the node vanishes, and whoever streams gets ENODEV."""
        if not self._thread:
            return
        usb_bus.unplug_camera(self.model.index)
        self._pulled.set()
        self._thread.join()
        self._thread = None

    def stall(self) -> None:
        """The sensor hangs: still on the bus, but no frame comes any more."""
        self._stalled.set()

    def resume(self) -> None:
        self._stalled.clear()

    def cover(self) -> None:
        """Somebody closes the cover of the lens."""
        _jpeg("covered", 0, False)
        self._picture = "covered"

    def freeze(self) -> None:
        """Its firmware sends the same picture again and again."""
        self._frozen = self.sent + self.dropped

    def mend(self) -> None:
        """The end of `cover` and `freeze`."""
        self._picture, self._frozen = self.model.picture, None

    def hang_up(self) -> None:
        """Its firmware dies: still on the bus, but streams end and whoever opens the node is refused."""
        self._path.rename(self._path.with_suffix(".off"))
        self._hung_up.set()

    def answer(self) -> None:
        """The end of `hang_up`."""
        self._hung_up.clear()
        self._path.with_suffix(".off").rename(self._path)

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def _serve(self, listener: socket.socket) -> None:
        clients: list[_Client] = []
        due = time.monotonic()
        with listener:
            listener.setblocking(False)
            while not self._pulled.is_set():
                due = max(due + 1 / pictures.RATE_HZ, time.monotonic() - 1)
                self._pulled.wait(max(0.0, due - time.monotonic()))
                self.opened += _accept(listener, clients)
                clients = [client for client in clients if client.listen(self._hung_up.is_set())]
                if not self._stalled.is_set():
                    self._send(clients)
            for client in clients:
                client.connection.close()
        self._path.unlink()

    def _send(self, clients: list["_Client"]) -> None:
        streaming = [client for client in clients if client.streaming]
        if not streaming:
            return
        index = self.sent + self.dropped if self._frozen is None else self._frozen
        frame = _jpeg(self._picture, index, self._barcode)
        for client in streaming:
            if client.send(frame):
                self.sent += 1
            else:
                self.dropped += 1


class _Client:
    """One program that has the node open."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.streaming = False

    def listen(self, hang_up: bool) -> bool:
        """Take STREAMON and STREAMOFF; False once the program closed the node, or we hang up."""
        try:
            while not hang_up and (command := self.connection.recv(16)):
                self.streaming = command == b"1"
        except BlockingIOError:
            return True
        except ConnectionError:
            self.streaming = False
        self.connection.close()
        return False

    def send(self, frame: bytes) -> bool:
        """False when the program left no room, or has just gone."""
        try:
            self.connection.send(frame)
        except (BlockingIOError, ConnectionError):
            return False
        return True


def _accept(listener: socket.socket, clients: list[_Client]) -> int:
    """How many programs have just opened the node."""
    before = len(clients)
    try:
        while True:
            clients.append(_Client(listener.accept()[0]))
    except BlockingIOError:
        return len(clients) - before
