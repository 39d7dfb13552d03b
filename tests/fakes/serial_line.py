"""What a pty does not do by itself: whoever listens at the wrong speed or parity hears other bytes.

A pty keeps the speed that was set on it, and of the parity only whether it is odd. From these the levels on
the wire are read as a receiver of that speed would: a start bit is looked for, each bit is sampled in its
middle, and what does not end as it should is handed over all the same, as Linux does unless told otherwise.
"""

import termios
from dataclasses import dataclass

_IDLE, _START = 1, 0
_LOOK = 1 / 16  # of a bit
_RATES: dict[int | None, int] = {
    getattr(termios, f"B{baud}"): baud for baud in (4800, 9600, 19200, 38400, 57600, 115200)
}


@dataclass(frozen=True, slots=True)
class Line:
    """How one end speaks and hears: 8 data bits, no parity or an odd one, 1 stop bit."""

    baud: int
    odd: bool = False

    def carries(self, master: int, data: bytes) -> bytes:
        """What the other end of the pty understands when this end speaks at this speed."""
        return self.heard_at(line_of(master), data)

    def heard_at(self, other: "Line", data: bytes) -> bytes:
        """Nothing at all where the port has no speed yet."""
        if other == self or not other.baud:
            return data if other.baud else b""
        wire = [level for byte in data for level in self._levels(byte)]
        return other._sample(wire, self.baud / other.baud)

    def _levels(self, byte: int) -> list[int]:
        bits = [byte >> place & 1 for place in range(8)]
        return [_START, *bits, *([1 ^ sum(bits) & 1] if self.odd else []), _IDLE]

    def _sample(self, wire: list[int], wire_bits: float) -> bytes:
        """`wire_bits`: how many bits of the sender pass in one of this end's."""

        def level(at: float) -> int:
            place = int(at * wire_bits)
            return wire[place] if place < len(wire) else _IDLE

        heard, at = bytearray(), 0.0
        while at * wire_bits < len(wire):
            if level(at) == _IDLE:
                at += _LOOK
                continue
            heard.append(sum(level(at + 1.5 + place) << place for place in range(8)))
            at += 10.5 if self.odd else 9.5
        return bytes(heard)


def line_of(master: int) -> Line:
    """How the host has set the port."""
    _, _, flags, _, speed, _, _ = termios.tcgetattr(master)
    return Line(_RATES.get(speed, 0), bool(flags & termios.PARODD))
