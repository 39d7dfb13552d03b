"""A USB device that no driver of the kernel takes, through Linux's usbfs.

Source: Linux Documentation/driver-api/usb/usb.rst (usbfs), uapi/linux/usbdevice_fs.h, asm-generic/ioctl.h.
"""

import ctypes
import os
import struct
import sys

_NODES = "/dev/bus/usb"
_NUMBER, _PAIR, _TRANSFER = struct.Struct("@I"), struct.Struct("@II"), struct.Struct("@IIIP")
_READ, _WRITE = 2, 1


def _code(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("U") << 8 | number


_BULK = _code(_READ | _WRITE, 2, _TRANSFER.size)
_SET_INTERFACE = _code(_READ, 4, _PAIR.size)
_CLAIM_INTERFACE = _code(_READ, 15, _NUMBER.size)
_CLEAR_HALT = _code(_READ, 21, _NUMBER.size)


def node_of(bus: int, address: int) -> str:
    """Where a device is; another address at each plug."""
    return f"{_NODES}/{bus:03}/{address:03}"


class UsbDevice:
    """One open device, for one thread. Everything raises OSError; closing gives back what was claimed."""

    def __init__(self, node: str) -> None:
        self._file = os.open(node, os.O_RDWR | os.O_CLOEXEC)

    def claim(self, interface: int, setting: int) -> None:
        """For us alone, in this alternate setting (0: as it is). EBUSY: somebody else has it."""
        self._control(_CLAIM_INTERFACE, _NUMBER.pack(interface))
        if setting:
            self._control(_SET_INTERFACE, _PAIR.pack(interface, setting))

    def clear_halt(self, endpoint: int) -> None:
        """Begin anew: what another program left half done does not matter."""
        self._control(_CLEAR_HALT, _NUMBER.pack(endpoint))

    def write(self, endpoint: int, data: bytes, timeout_s: float) -> None:
        self._bulk(endpoint, ctypes.create_string_buffer(data, len(data)), timeout_s)

    def read(self, endpoint: int, most_bytes: int, timeout_s: float) -> bytes:
        """One transfer; empty when none came."""
        buffer = ctypes.create_string_buffer(most_bytes)
        try:
            count = self._bulk(endpoint, buffer, timeout_s)
        except TimeoutError:
            return b""
        return buffer.raw[:count]

    def close(self) -> None:
        os.close(self._file)

    def _bulk(self, endpoint: int, buffer: "ctypes.Array[ctypes.c_char]", timeout_s: float) -> int:
        limit_ms = round(timeout_s * 1000)
        transfer = _TRANSFER.pack(endpoint, len(buffer), limit_ms, ctypes.addressof(buffer))
        return self._control(_BULK, transfer)

    def _control(self, code: int, argument: bytes) -> int:
        if sys.platform != "linux":
            raise OSError("there is no usbfs")
        import fcntl

        return int(fcntl.ioctl(self._file, code, bytearray(argument)))
