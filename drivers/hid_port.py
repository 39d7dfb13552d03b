"""A USB HID device through Linux's hidraw: found by its ids, read in a worker thread, whole reports only.

Source: Linux Documentation/hid/hidraw.rst; HID_ID, HID_UNIQ and HID_PHYS of the device's uevent; BUS_USB of
uapi/linux/input.h.
"""

import errno
import os
import select
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from devices.device import Device, HidMatch
from drivers.instrument import DriverError, Reason
from drivers.port import READ_TIMEOUT_S, Candidates, FoundPort, Port, UsbNode, found_ports
from drivers.port_ids import Plug, PortIds

SYSFS_HIDRAW = Path("/sys/class/hidraw")
_UNNUMBERED = b"\x00"
_BUS_USB = 0x03


def find_hid(devices: Sequence[Device], ids: PortIds | None = None) -> tuple[FoundPort, ...]:
    """Every plugged HID device that one of the devices recognises. Empty where there is no hidraw.

    `ids`: how they were called before.
    """
    found: dict[Plug, Candidates] = {}
    for port in list_hid():
        fitting = tuple(device for device in devices if port.fits(device, HidMatch))
        if fitting:
            found[port.plug] = fitting, port.node
    return found_ports(found, ids)


def list_hid() -> list[UsbNode]:
    """Every USB HID device, keyboards too. Empty where there is no hidraw."""
    found = []
    for entry in sorted(SYSFS_HIDRAW.glob("hidraw*")):
        said = _uevent(entry / "device" / "uevent")
        numbers = _usb_ids(said.get("HID_ID", ""))
        if numbers:
            plug = Plug(*numbers, said.get("HID_UNIQ", ""), said.get("HID_PHYS", ""))
            found.append(UsbNode(plug, f"/dev/{entry.name}", said.get("HID_NAME", "")))
    return found


def _uevent(path: Path) -> dict[str, str]:
    """Empty when it went away while we looked."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _usb_ids(hid_id: str) -> tuple[int, int] | None:
    """Of `0003:00000483:00005750`: bus, vendor, product. None on another bus: that is not plugged in."""
    try:
        bus, vendor, product = (int(part, 16) for part in hid_id.split(":"))
    except ValueError:
        return None
    return (vendor, product) if bus == _BUS_USB else None


class HidPort(Port):
    """One open device. A read gives one report."""

    def __init__(self, node: str, match: HidMatch) -> None:
        super().__init__(node)
        self._match = match
        self._file = -1

    def _open(self) -> None:
        self._file = os.open(self._node, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)

    def _read(self) -> bytes:
        report = self._report()
        if report and len(report) != self._match.report_bytes:
            raise DriverError(Reason.GARBLED, f"{self._node}: a report of {len(report)} bytes")
        return report

    def _report(self) -> bytes:
        """As it came; empty after a silence."""
        if not select.select((self._file,), (), (), READ_TIMEOUT_S)[0]:
            return b""
        report = os.read(self._file, self._match.report_bytes)
        if not report:
            raise OSError(errno.ENODEV, "it is gone")
        return report

    def _write(self, data: bytes) -> None:
        os.write(self._file, _UNNUMBERED + data)

    def _close(self) -> None:
        with suppress(OSError):
            os.close(self._file)
        self._file = -1
