"""A serial line behind a CP2110 bridge, which Linux shows as a HID device: 8 data bits, no parity, 1 stop.

Source: Silicon Labs AN434, CP2110/4 Interface Specification, as pyserial and pycp2110 read it (a report of
data has its length for its number; 50 sets the line up, 41 enables it); Linux hidraw.rst (HIDIOCSFEATURE).
"""

import os
import struct

from drivers.hid_port import HidPort
from drivers.instrument import DriverError, Reason

_MOST_BYTES = 63  # in one report: 40 and more are the numbers of other things
_SET_UP = struct.Struct(">BIBBBB")  # number, baud, parity, flow control, data bits, stop bits
_NO_PARITY, _NO_FLOW_CONTROL, _EIGHT_BITS, _SHORT_STOP = 0, 0, 3, 0
_ENABLE = bytes((0x41, 1))
_READ_WRITE = 3


def set_up(baud: int) -> bytes:
    """The feature report that sets the line up."""
    return _SET_UP.pack(0x50, baud, _NO_PARITY, _NO_FLOW_CONTROL, _EIGHT_BITS, _SHORT_STOP)


class HidUart(HidPort):
    """One open bridge. A read gives what has come on its line, cut anywhere."""

    def _open(self) -> None:
        super()._open()
        for feature in (set_up(self._match.bridge_baud), _ENABLE):
            self._set_feature(feature)

    def _set_feature(self, report: bytes) -> None:
        import fcntl  # not on Windows, which has no hidraw either

        request = _READ_WRITE << 30 | len(report) << 16 | ord("H") << 8 | 0x06
        fcntl.ioctl(self._file, request, report)

    def _read(self) -> bytes:
        report = self._report()
        if not report:
            return b""
        length, data = report[0], report[1:]
        if not 0 < length <= min(_MOST_BYTES, len(data)):
            raise DriverError(Reason.GARBLED, f"{self._node}: report {length} of {len(data)} bytes")
        return data[:length]

    def _write(self, data: bytes) -> None:
        for at in range(0, len(data), _MOST_BYTES):
            part = data[at : at + _MOST_BYTES]
            os.write(self._file, bytes((len(part),)) + part)
