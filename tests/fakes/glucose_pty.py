"""Glucose meters on ptys: a CodeFree and an UltraEasy, strict about what they are sent."""

from datetime import datetime
from functools import reduce
from operator import xor

from tests.fakes import usb_bus
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import SerialUnit

PL2303 = usb_bus.UsbIds(0x067B, 0x2303, "", "USB-Serial Controller", "Prolific")
Result = tuple[datetime, int]
"""When, and mg/dL."""


class CodeFree(SerialUnit):
    """Speaks when it is switched on. `error`: it was sent what it does not know, and shows E-5."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__(Line(38400))
        self.results = results
        self.error = self.is_done = False
        self._left: list[Result] = []

    def switch_on(self) -> None:
        self.is_done = False
        self._send(b"\x10\x30")

    def hear(self, data: bytes) -> None:
        match data.hex():
            case "531004104050aa":
                self._left = list(self.results)
                self._send(b"\x30" + len(self._left).to_bytes(2, "big") + b"\xaa" * 19)
            case "531004106070aa" if self._left:
                when, value = self._left.pop(0)
                date = bytes((when.year - 2000, when.month, when.day, when.hour, when.minute))
                self._send(b"\x00\x01" + date + value.to_bytes(2, "big") + b"\x10" + bytes(7))
            case "531004106070aa":
                self.is_done = True
                self._send(b"\x10\x70")
            case _:
                self.error = True

    def _send(self, message: bytes) -> None:
        self.say(bytes((0x53, 0x20, len(message) + 2)) + message + bytes((reduce(xor, message), 0xAA)))


class UltraEasy(SerialUnit):
    """Answers a record's number with the record; the packets of a conversation are counted on both sides."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__(Line(9600), PL2303)
        self.results = results
        self.refused: list[bytes] = []
        self.acknowledged = 0
        self._sent = self._expected = 0

    def connect(self) -> None:
        """Begin a conversation anew."""
        self._sent = self._expected = 0
        self._send(0x0C)

    def hear(self, data: bytes) -> None:
        while data:
            packet, data = data[: data[1]], data[data[1] :]
            self._packet(packet[2], packet[3:-3], packet)

    def _packet(self, link: int, message: bytes, packet: bytes) -> None:
        if _crc(packet[:-2]) != packet[-2:]:
            self.refused.append(packet)
        elif link == 0x08:
            self.connect()
        elif link == 0x04 | (1 - self._sent) << 1 | self._expected:
            self._sent = 1 - self._sent
            self.acknowledged += 1
        elif link == self._sent << 1 | self._expected and message[:2] == b"\x05\x1f":
            self._expected = 1 - self._expected
            self._send(0x04 | self._expected << 1 | self._sent)
            self._send(self._expected << 1 | self._sent, self._record(int.from_bytes(message[2:], "little")))
        else:
            self.refused.append(packet)

    def _record(self, number: int) -> bytes:
        if number >= len(self.results):
            return b"\x05\x0f" + len(self.results).to_bytes(2, "little")
        when, value = self.results[number]
        seconds = int((when - datetime(1970, 1, 1)).total_seconds())
        return b"\x05\x06" + seconds.to_bytes(4, "little") + value.to_bytes(4, "little")

    def _send(self, link: int, message: bytes = b"") -> None:
        body = bytes((2, 6 + len(message), link)) + message + b"\x03"
        self.say(body + _crc(body))


def _crc(data: bytes) -> bytes:
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8 | crc << 8) & 0xFFFF ^ byte
        crc ^= (crc & 0xFF) >> 4
        crc ^= crc << 12 & 0xFFFF
        crc ^= (crc & 0xFF) << 5
    return crc.to_bytes(2, "little")
