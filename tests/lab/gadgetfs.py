"""A whole USB device played to this kernel over GadgetFS and dummy_hcd, with descriptors of its own.

FunctionFS would number the endpoints as it likes and know no alternate settings. Source: Linux
drivers/usb/gadget/legacy/inode.c and uapi/linux/usb/gadgetfs.h; USB 2.0, 9.4 (standard requests).
"""

import os
import select
import signal
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.room_inside import sh

_MOUNT = Path("/dev/gadget")
_EVENT_BYTES, _SETUP = 12, 3
_GET_DESCRIPTOR, _SET_CONFIGURATION, _SET_INTERFACE = 6, 9, 11
_STRING, _ENGLISH, _TO_HOST = 3, b"\x04\x03\x09\x04", 0x80
_LOOK_MS = 100


def prepare() -> None:
    """Once, in the main thread."""
    sh("modprobe", "gadgetfs")
    _MOUNT.mkdir(exist_ok=True)
    sh("mount", "-t", "gadgetfs", "gadgetfs", str(_MOUNT))
    signal.signal(signal.SIGUSR1, lambda *_: None)


class GadgetFsDevice:
    """One plug of a device. `endpoints`: address to (full speed, high speed) descriptor; each gets a file.

    `configured` is called once they can be used, with this device and the files by address; `selected` with
    an interface and its alternate setting. Both in the thread of the control endpoint.
    """

    def __init__(
        self,
        descriptors: bytes,
        endpoints: dict[int, tuple[bytes, bytes]],
        strings: tuple[str, ...],
        configured: "Configured",
        selected: Callable[[int, int], None],
    ) -> None:
        self._endpoints, self._strings = endpoints, strings
        self._configured, self._selected = configured, selected
        self._files: dict[int, int] = {}
        self._working: list[threading.Thread] = []
        self.pulled = threading.Event()
        self._control = os.open(next(_MOUNT.glob("*_udc*")), os.O_RDWR)
        os.write(self._control, bytes(4) + descriptors)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Whoever reads or writes an endpoint gets OSError.

        The kernel waits for them before it lets go, and does not wake them: a signal does.
        """
        self.pulled.set()
        while self._thread.is_alive() or any(thread.is_alive() for thread in self._working):
            for thread in self._working:
                if thread.is_alive() and thread.ident:
                    signal.pthread_kill(thread.ident, signal.SIGUSR1)
            time.sleep(_LOOK_MS / 1000)

    def work(self, work: Callable[..., None], *arguments: object) -> None:
        """In a thread, until it is pulled."""
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._working.append(thread)
        thread.start()

    def _serve(self) -> None:
        ready = select.poll()
        ready.register(self._control, select.POLLIN)
        while not self.pulled.is_set():
            if ready.poll(_LOOK_MS):
                self._hear(os.read(self._control, _EVENT_BYTES))
        os.close(self._control)
        for file in self._files.values():
            os.close(file)

    def _hear(self, event: bytes) -> None:
        if event[8] == _SETUP:
            kind, request, value, index, length = struct.unpack("<BBHHH", event[:8])
            if not self._do(request, value, index, length):
                self._refuse(kind)

    def _do(self, request: int, value: int, index: int, length: int) -> bool:
        if request == _GET_DESCRIPTOR and value >> 8 == _STRING:
            os.write(self._control, self._string(value & 0xFF)[:length])
        elif request == _SET_CONFIGURATION:
            if value and not self._files:
                self._open()
            os.read(self._control, 0)  # done
        elif request == _SET_INTERFACE:
            self._selected(index, value)
            os.read(self._control, 0)
        else:
            return False
        return True

    def _refuse(self, kind: int) -> None:
        """What goes the wrong way stalls the request."""
        try:
            os.read(self._control, 0) if kind & _TO_HOST else os.write(self._control, b"")
        except OSError:
            return  # as it is told: EL2HLT

    def _string(self, number: int) -> bytes:
        if not number:
            return _ENGLISH
        text = self._strings[number - 1].encode("utf-16-le")
        return bytes((2 + len(text), _STRING)) + text

    def _open(self) -> None:
        for address, (full, high) in self._endpoints.items():
            way = "in" if address & _TO_HOST else "out"
            file = os.open(_MOUNT / f"ep{address & 0x0F}{way}-bulk", os.O_RDWR)
            os.write(file, struct.pack("=I", 1) + full + high)
            self._files[address] = file
        self._configured(self, self._files)


Configured = Callable[[GadgetFsDevice, dict[int, int]], None]
