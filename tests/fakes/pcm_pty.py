"""A stethoscope board on a pty, that sends samples as long as somebody has its port open."""

from tests.fakes.pcm import Samples
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import SerialUnit
from tests.fakes.usb_bus import UsbIds

IDS = UsbIds(0x1A86, 0x55D4, "PCG-0001", "USB Single Serial", "QinHeng")
LINE = Line(115200)


class PcmUnit(SerialUnit):
    """`samples` has its faults. Control it from the loop that runs `run()`."""

    def __init__(self, ids: UsbIds = IDS) -> None:
        super().__init__(LINE, ids)
        self.samples = Samples()

    def _listen(self) -> bool:
        is_open = super()._listen()
        if not is_open:
            self.samples.restart()
        return is_open

    def tick(self) -> None:
        self.say(self.samples.take())
