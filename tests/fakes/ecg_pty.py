"""A BMD101 board on a pty: 512 samples a second, and once a second the electrodes and the rate."""

from devices.catalog.bmd101 import checksum
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import SerialUnit
from tests.fakes.usb_bus import UsbIds

IDS = UsbIds(0x10C4, 0xEA60, "ECG1", "CP2102 USB to UART Bridge Controller", "Silicon Labs")
LINE = Line(57600)
TURN = 4000
_TICKS_A_SECOND, _SAMPLES_A_TICK = 60, 9
_GOOD, _OFF = 200, 0
_RATE = 72


def frame(rows: bytes) -> bytes:
    return b"\xaa\xaa" + bytes((len(rows),)) + rows + bytes((checksum(rows),))


class EcgBoard(SerialUnit):
    """Its wave counts samples, from -2000 to 1999 and again. Control it from the loop that runs `run()`."""

    def __init__(self) -> None:
        super().__init__(LINE, IDS)
        self.electrodes_on = True
        self._ticks = 0
        self._samples = 0

    def tick(self) -> None:
        said = b"".join(self._next_sample() for _ in range(_SAMPLES_A_TICK))
        if self._ticks % _TICKS_A_SECOND == 0:
            quality = _GOOD if self.electrodes_on else _OFF
            said += frame(bytes((0x02, quality, 0x03, _RATE)))
        self._ticks += 1
        self.say(said)

    def _next_sample(self) -> bytes:
        number = self._samples % TURN - TURN // 2
        self._samples += 1
        return frame(b"\x80\x02" + number.to_bytes(2, "big", signed=True))
