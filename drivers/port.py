"""What the ports of plugged instruments share: how one is named, and a worker thread of its own for each."""

import asyncio
import errno
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from devices.device import Device, PortMatch
from devices.reading import Kind
from drivers.instrument import DriverError, Reason
from drivers.port_ids import Plug, PortIds

READ_TIMEOUT_S = 0.2
_REASONS = {
    errno.EACCES: Reason.PERMISSION,
    errno.EPERM: Reason.PERMISSION,
    errno.EBUSY: Reason.PORT_BUSY,
    errno.EAGAIN: Reason.PORT_BUSY,
}
T = TypeVar("T")
Candidates = tuple[tuple[Device, ...], str]  # who may be at a port, and its node


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A port that declarations recognise, several where devices share a bridge; never none.

    `node` may change at every plug, `id` does not: see port_ids.
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

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Of all that may be at it."""
        return tuple(dict.fromkeys(kind for device in self.devices for kind in (device.kind, *device.also)))

    @property
    def may_be_quiet(self) -> bool:
        """One of those that may be at it speaks only when it is used."""
        return any(isinstance(device.match, PortMatch) and device.match.quiet for device in self.devices)

    @property
    def is_left_alone(self) -> bool:
        """Who may be at it would send once what it kept, and has no decoder: the port is not opened."""
        return any(device.decoder is None for device in self.devices)


@dataclass(frozen=True, slots=True)
class UsbNode:
    """A serial port or a HID device, of ours or not. `name`: what it calls itself."""

    plug: Plug
    node: str
    name: str

    def fits(self, device: Device, match: type[PortMatch]) -> bool:
        """The device declares these USB numbers, at this kind of port."""
        return isinstance(device.match, match) and (self.plug.vid, self.plug.pid) in device.match.usb_ids


def found_ports(found: Mapping[Plug, Candidates], ids: PortIds | None) -> tuple[FoundPort, ...]:
    """Each with its id."""
    names = (ids or PortIds()).of(tuple(found))
    return tuple(
        FoundPort(devices, names[plug], node, plug.serial, plug.location)
        for plug, (devices, node) in found.items()
    )


def reason_of(error: Exception) -> Reason:
    """What a library's error means for the helper; anything unclear is a cable that came out."""
    number = error.args[0] if error.args else None
    return _REASONS.get(number, Reason.UNPLUGGED) if isinstance(number, int) else Reason.UNPLUGGED


class Port(ABC):
    """One open port. Every call runs in its only worker thread; failures are DriverError."""

    _failures: ClassVar[tuple[type[Exception], ...]] = (OSError,)

    def __init__(self, node: str) -> None:
        self._node = node
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="port")

    async def open(self) -> None:
        await self._run(self._open)

    async def read(self) -> bytes:
        """What has come; empty after 0.2 s of silence."""
        return await self._run(self._read)

    async def write(self, data: bytes) -> None:
        await self._run(lambda: self._write(data))

    async def close(self) -> None:
        """Never raises."""
        await asyncio.get_running_loop().run_in_executor(self._worker, self._close)
        self._worker.shutdown(wait=False)

    async def _run(self, action: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, action)
        except self._failures as error:
            raise DriverError(reason_of(error), f"{self._node}: {error}") from error

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _read(self) -> bytes: ...

    @abstractmethod
    def _write(self, data: bytes) -> None: ...

    @abstractmethod
    def _close(self) -> None:
        """Must not raise."""
