"""A Contour glucose meter behind hidraw: it sends all its results, one frame for each confirmation."""

from datetime import datetime

from tests.fakes import usb_bus
from tests.fakes.hid_unit import HidUnit

IDS = usb_bus.UsbIds(0x1A79, 0x7410, "C001", "Contour Next USB", "Bayer HealthCare LLC")
_REPORT_BYTES, _MOST_BYTES = 64, 60
_ACK, _NAK = b"\x06", b"\x15"
_HEADER = (
    "H|\\^&||7EyQm2|Bayer7410^01.10\\01.05\\10.03^7428-4293200^00000|A=1^C=03^G=en,en\\de\\fr\\it\\nl^I=0200"
    "^R=0^S=01^U=303^V=20600^X=054070054054180154154254054154^Y=360126099054120054252099^Z=1|{}|||||P|1|"
    "{}"
)
Result = tuple[datetime, str, str, str]
"""When, the number, its unit, and the marks: `C` is control solution."""


class Contour(HidUnit):
    """`results`: the oldest first. `now`: what its clock shows. `damaged`: how many of its next frames have a
    wrong checksum.

    `shows_seconds`: its clock does. `previews`: it sends its header before it asks, and once more afterwards.
    `is_done`: it sent everything. `forbidden`: what it was sent beside confirmations.
    """

    def __init__(self, results: list[Result], now: datetime) -> None:
        self.results, self.now = results, now
        self.damaged = 0
        self.shows_seconds = self.previews = self.is_done = False
        self.forbidden: list[bytes] = []
        self._at: int | None = None
        super().__init__(IDS, _REPORT_BYTES)

    def plug(self) -> None:
        self._at, self.is_done = None, False
        super().plug()

    def hear(self, report: bytes) -> None:
        said = report[4 : 4 + report[3]]
        if report[:3] != b"ABC" or said not in (_ACK, _NAK):
            self.forbidden.append(report)
        elif self._at is None:
            self._at = -1
            self._send(b"\x04" + self._frame(0) + b"\x05" if self.previews else b"\x05")
        elif not self.is_done:
            self._at += said == _ACK
            self.is_done = self._at == len(self._records())
            self._send(b"\x04" if self.is_done else self._frame(self._at))

    def _format(self) -> str:
        return "%Y%m%d%H%M%S" if self.shows_seconds else "%Y%m%d%H%M"

    def _records(self) -> list[str]:
        results = (
            f"R|{n}|^^^Glucose|{value}|{unit}^P||{marks}||{when:%Y%m%d%H%M}"
            for n, (when, value, unit, marks) in enumerate(self.results, 1)
        )
        return [_HEADER.format(len(self.results), f"{self.now:{self._format()}}"), "P|1", *results, "L|1||N"]

    def _frame(self, at: int) -> bytes:
        records = self._records()
        end = b"\x03" if at == len(records) - 1 else b"\x17"
        body = b"%d%b\r%b" % ((at + 1) % 8, records[at].encode(), end)
        wrong, self.damaged = self.damaged > 0, max(0, self.damaged - 1)
        return b"\x02%b%02X\r\n" % (body, sum(body) + wrong & 0xFF)

    def _send(self, data: bytes) -> None:
        for at in range(0, len(data), _MOST_BYTES):
            part = data[at : at + _MOST_BYTES]
            self.say(b"ABC" + bytes((len(part),)) + part)
