"""A USB serial port through pyserial: found by its ids, read in a worker thread, errors as reasons."""

import errno
from collections.abc import Sequence
from contextlib import suppress

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from devices.device import Device, SerialMatch
from drivers.port import READ_TIMEOUT_S, Candidates, FoundPort, Port, UsbNode, found_ports
from drivers.port_ids import Plug, PortIds

try:
    from termios import error as _termios_error
except ImportError:  # not a POSIX system
    _termios_error = OSError  # type: ignore[misc,assignment]

_CHUNK = 4096
_WRITE_TIMEOUT_S = 1.0


def find_ports(devices: Sequence[Device], ids: PortIds | None = None, but: str = "") -> tuple[FoundPort, ...]:
    """Every plugged port that one of the devices recognises by USB VID and PID. Blocks for some ms.

    `ids`: how they were called before. `but`: one that is somebody else's, as `find_named` takes it.
    """
    found: dict[Plug, Candidates] = {}
    for port in list_serial():
        fitting = tuple(device for device in devices if port.fits(device, SerialMatch))
        if fitting and but not in names_of(port):
            found[port.plug] = fitting, port.node
    return found_ports(found, ids)


def find_named(name: str) -> str:
    """The node of the one port that is `name`; "" when there is none, or several. Blocks for some ms.

    "usb:VENDOR:PRODUCT:SERIAL"; where a bridge has no number, or several have the same, its USB socket is the
    last part.
    """
    nodes = [port.node for port in list_serial() if name in names_of(port)]
    return nodes[0] if len(nodes) == 1 else ""


def list_serial() -> list[UsbNode]:
    """Every USB serial port, whoever has it, by its socket. Blocks for some ms."""
    found = sorted(list_ports.comports(), key=lambda port: (port.location or "", port.device))
    return [_usb_node(info) for info in found if info.vid is not None]


def names_of(port: UsbNode) -> list[str]:
    """What `find_named` takes for it, by its serial number first."""
    told = (port.plug.serial, port.plug.location)
    return [f"usb:{port.plug.vid:04x}:{port.plug.pid:04x}:{part}" for part in told if part]


def _usb_node(info: ListPortInfo) -> UsbNode:
    plug = Plug(info.vid, info.pid, info.serial_number or "", info.location or "")
    return UsbNode(plug, info.device, info.product or info.description or "")


class SerialPort(Port):
    """One open port, for ourselves alone. A read gives at most 4 KiB; closing sends the stop commands."""

    _failures = (OSError, _termios_error)

    def __init__(self, node: str, match: SerialMatch) -> None:
        super().__init__(node)
        self._match = match
        self._port: serial.Serial | None = None

    def _open(self) -> None:
        port = serial.Serial(
            self._node,
            self._match.baud,
            parity=self._match.parity,
            timeout=READ_TIMEOUT_S,
            write_timeout=_WRITE_TIMEOUT_S,
            exclusive=True,
        )
        port.reset_output_buffer()
        port.reset_input_buffer()  # the line discipline may have echoed something
        self._port = port

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise OSError(errno.EBADF, "the port is not open")
        return self._port

    def _read(self) -> bytes:
        port = self._opened()
        first = port.read(1)
        return first + port.read(min(port.in_waiting, _CHUNK - 1)) if first else b""

    def _write(self, data: bytes) -> None:
        self._opened().write(data)

    def _close(self) -> None:
        if self._port is None:
            return
        with suppress(OSError, _termios_error):  # unplugged: there is nobody to stop
            for command in self._match.stop:
                self._port.write(command)
            self._port.flush()
        self._port.close()
