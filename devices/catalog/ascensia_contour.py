"""Ascensia's (once Bayer's) Contour glucose meters at USB: ASTM frames in HID reports of 64 bytes.

Source: glucometerutils, glucodump, contourtool, contour-next and Tidepool's uploader. The meter sends all it
keeps, the oldest first, one frame for each confirmation; what came counts once the last record has come, and
of the results only the last is kept, whatever its date: the clock may have been set back. Confirmations are
all that it is ever sent: its command mode, which sets its clock, is never entered.
"""

from devices import astm
from devices.contour import Result, clock_shown, control_order, describe
from devices.device import Device, HidMatch
from devices.event import Event, FrameError, Rejected, Send, Signal, SignalState
from devices.framing import ReportFramer
from devices.gatt import rejected
from devices.metrics import GLUCOSE_MASS, GLUCOSE_MOLAR
from devices.reading import Kind

REPORT_BYTES = 64
_HEAD, _HEAD_BYTES = b"ABC", 4  # and how many bytes follow
_COMPLETE = "N"
_PRODUCTS = (0x6002, 0x7350, 0x7410, 0x7800, 0x7900, 0x7950)


def _report(character: bytes) -> bytes:
    return (_HEAD + bytes((len(character),)) + character).ljust(REPORT_BYTES, b"\x00")


GO_ON, AGAIN = _report(astm.ACK), _report(astm.NAK)


def may_send(command: bytes) -> bool:
    """That a frame came whole, or did not."""
    return command in (GO_ON, AGAIN)


def payload(report: bytes) -> bytes:
    """What a report carries. Raises FrameError."""
    length = report[_HEAD_BYTES - 1]
    if length > REPORT_BYTES - _HEAD_BYTES:
        raise FrameError("a report of more bytes than it has")
    return report[_HEAD_BYTES:][:length]


class Decoder:
    """One transfer, from its header to its last record; a header begins it anew. Afterwards nothing is
    answered, for the meter would send everything once more.
    """

    def __init__(self) -> None:
        self._reports = ReportFramer(REPORT_BYTES)
        self._framer = astm.Framer()
        self._last: tuple[Result, bytes] | None = None
        self._control: str | None = None
        self._after_header = self._is_done = False

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Reports, whole or cut."""
        return [event for report in self._reports.split(data) for event in self._report(report)]

    def _report(self, report: bytes) -> list[Event]:
        try:
            parts = self._framer.split(payload(report))
        except FrameError as error:
            return [Rejected(str(error), report)]
        return [event for part in parts for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [part]
        after_header, self._after_header = self._after_header, False
        if part.startswith(astm.STX):
            return self._frame(part)
        # A header with the question behind it is answered once.
        return self._answer(GO_ON if part == astm.ENQ and not after_header else b"")

    def _frame(self, part: bytes) -> list[Event]:
        try:
            fields = astm.Frame.parse(part).fields
        except FrameError as error:
            return [rejected(str(error), part), *self._answer(AGAIN)]
        answer = self._answer(GO_ON)
        try:
            return [*self._record(fields, part), *answer]
        except FrameError as error:
            return [rejected(str(error), part), *answer]

    def _answer(self, report: bytes) -> list[Event]:
        ready: list[Event] = [Signal(SignalState.READY)]
        return [*ready, Send(report)] if report and not self._is_done else ready

    def _record(self, fields: list[str], part: bytes) -> list[Event]:
        """Raises FrameError."""
        match fields[0]:
            case "H":
                self._last, self._control, self._after_header = None, None, True
                return clock_shown(fields)
            case "O":
                self._control = control_order(fields)
            case "R":
                self._result(Result.parse(fields), part)
            case "L":
                return self._end(fields[-1])
        return []

    def _result(self, result: Result, part: bytes) -> None:
        if result.number == self._control:
            result = result.as_control()
        self._last = result, part

    def _end(self, code: str) -> list[Event]:
        last, self._last = self._last, None
        if code != _COMPLETE:
            raise FrameError("a transfer that was broken off")
        self._is_done = True
        if last is None:
            return []
        result, part = last
        if result.is_control:
            return [rejected("control solution", part)]
        return [result.measured(part)]


DEVICE = Device(
    key="ascensia_contour",
    name="Ascensia Contour",
    kind=Kind.GLUCOMETER,
    match=HidMatch(
        usb_ids=tuple((0x1A79, product) for product in _PRODUCTS), report_bytes=REPORT_BYTES,
        checked=True, quiet=True, carried=True, start=(GO_ON,), may_send=may_send,
    ),
    metrics=(GLUCOSE_MASS, GLUCOSE_MOLAR),
    reference="glucometerutils, glucodump, contourtool, contour-next, Tidepool's uploader",
    experimental=True,
    limits="its last result is kept, once each time that it is plugged in, though it sends them all; how a "
    "transfer begins is not the same in all sources; a Contour Next Link belongs to a pump and is not read",
    decoder=Decoder,
    protocols=(("contour_frame", describe),),
)  # fmt: skip
