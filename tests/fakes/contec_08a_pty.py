"""A Contec 08A cuff behind hidraw."""

from devices.catalog.contec_08a import REPORT_BYTES
from tests.fakes import usb_bus
from tests.fakes.hid_unit import HidUnit

IDS = usb_bus.UsbIds(0x0483, 0x5750, "08A1", "CONTEC08A", "CONTEC")
_PING, _COUNT, _ERASE = 0x40, 0x42, 0x41
_USER_1 = bytes.fromhex("434101040200")


def record(sys: int, dia: int, pulse: int, mean: int, when: tuple[int, int, int, int, int]) -> bytes:
    """`when`: year since 2000, month, day, hour, minute."""
    year, month, day, hour, minute = when
    marked = (dia, pulse, mean, year, month, 0, day, hour, minute, 0, 0x11)
    return bytes((0x82, 0x80, sys, *(0x80 | byte for byte in marked)))


class Contec08A(HidUnit):
    """`results`: the memory of its first user, the oldest first."""

    def __init__(self, results: list[bytes]) -> None:
        super().__init__(IDS, REPORT_BYTES)
        self.results = results

    def hear(self, report: bytes) -> None:
        if report[0] == _PING:
            self.say(report)
        elif report[0] == _COUNT:
            self.say(bytes((0x48, 0x41, 0x02, 0x13, 0x01, 0x02)))
        elif report[0] == _ERASE:
            self.results = []
        elif report.startswith(_USER_1):
            self.say(bytes.fromhex("4a43010000"))
            self.say(bytes((0x46, 0x41, 0x80, 0x80, 0x80 | len(self.results), 0x82, *(7 * [0x80]), 0x81)))
            for result in self.results:
                self.say(result)
