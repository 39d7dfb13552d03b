"""A USB serial port through pyserial: found by its ids, read in a worker thread, errors as reasons."""

import asyncio
import errno
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import serial
from serial.tools import list_ports

from devices.device import Device, SerialMatch
from drivers.instrument import DriverError, Reason

try:
    from termios import error as _termios_error
except ImportError:  # not a POSIX system
    _termios_error = OSError  # type: ignore[misc,assignment]

_CHUNK = 4096
_READ_TIMEOUT_S = 0.2
_WRITE_TIMEOUT_S = 1.0
_REASONS = {
    errno.EACCES: Reason.PERMISSION,
    errno.EPERM: Reason.PERMISSION,
    errno.EBUSY: Reason.PORT_BUSY,
    errno.EAGAIN: Reason.PORT_BUSY,
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A port that declarations recognise, several where devices share a bridge; never none.

    `node` may change at every plug, `id` does not.
    """

    devices: tuple[Device, ...]
    id: str
    node: str
    serial: str
    location: str

    @property
    def is_certain(self) -> bool:
        """Nobody else has this kind of bridge."""
        return len(self.devices) == 1


def find_ports(devices: Sequence[Device]) -> tuple[FoundPort, ...]:
    """Every plugged port that one of the devices recognises by USB VID and PID. Blocks for some ms.

    Many bridges carry the same factory serial number: a second one is told apart by its USB socket.
    """
    found: dict[str, FoundPort] = {}
    for info in sorted(list_ports.comports(), key=lambda port: (port.location or "", port.device)):
        fitting = tuple(device for device in devices if _fits(device, info.vid, info.pid))
        if fitting:
            location = info.location or ""
            id_ = f"usb:{info.vid:04x}:{info.pid:04x}:{info.serial_number or location}"
            id_ = f"{id_}@{location}" if id_ in found else id_
            found[id_] = FoundPort(fitting, id_, info.device, info.serial_number or "", location)
    return tuple(found.values())


def _fits(device: Device, vid: int | None, pid: int | None) -> bool:
    return isinstance(device.match, SerialMatch) and (vid, pid) in device.match.usb_ids


class SerialPort:
    """One open port. Every call runs in the port's only worker thread; failures are DriverError."""

    def __init__(self, node: str, match: SerialMatch) -> None:
        self._node = node
        self._match = match
        self._port: serial.Serial | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="serial")

    async def open(self) -> None:
        """Open for ourselves alone and throw away what the line discipline may have echoed."""
        await self._run(self._open)

    async def read(self) -> bytes:
        """What has come, at most 4 KiB; empty after 0.2 s of silence."""
        return await self._run(self._read)

    async def write(self, data: bytes) -> None:
        await self._run(lambda: self._opened().write(data))

    async def close(self) -> None:
        """Send the stop commands if the line is still there, then close. Never raises."""
        await asyncio.get_running_loop().run_in_executor(self._worker, self._close)
        self._worker.shutdown(wait=False)

    async def _run(self, action: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, action)
        except (OSError, _termios_error) as error:
            raise DriverError(reason_of(error), f"{self._node}: {error}") from error

    def _open(self) -> None:
        port = serial.Serial(
            self._node,
            self._match.baud,
            parity=self._match.parity,
            timeout=_READ_TIMEOUT_S,
            write_timeout=_WRITE_TIMEOUT_S,
            exclusive=True,
        )
        port.reset_output_buffer()
        port.reset_input_buffer()
        self._port = port

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise OSError(errno.EBADF, "the port is not open")
        return self._port

    def _read(self) -> bytes:
        port = self._opened()
        first = port.read(1)
        return first + port.read(min(port.in_waiting, _CHUNK - 1)) if first else b""

    def _close(self) -> None:
        if self._port is None:
            return
        with suppress(OSError, _termios_error):  # unplugged: there is nobody to stop
            for command in self._match.stop:
                self._port.write(command)
            self._port.flush()
        self._port.close()


def reason_of(error: Exception) -> Reason:
    """What a serial library's error means for the helper; anything unclear is a cable that came out."""
    number = error.args[0] if error.args else None
    return _REASONS.get(number, Reason.UNPLUGGED) if isinstance(number, int) else Reason.UNPLUGGED
