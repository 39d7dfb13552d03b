"""Any glucose meter that follows the Bluetooth SIG Glucose Profile (service 0x1808).

Source: Glucose Service 1.0.1; GATT Specification Supplement, Glucose Measurement (2A18), Glucose
Measurement Context (2A34). A meter hands out what it has stored, and only when asked: see `record_access`.
"""

from devices.device import BleMatch, Device
from devices.event import Event, FrameError
from devices.gatt import GattDecoder, rejected, uuid
from devices.glucose import Context, Record
from devices.measuring import measured
from devices.metrics import GLUCOSE_MASS, GLUCOSE_MOLAR
from devices.reading import Kind
from devices.record_access import CONTROL_POINT, REPORT_LAST, answered
from devices.record_access import describe as describe_answer

SERVICE, MEASUREMENT, CONTEXT = 0x1808, 0x2A18, 0x2A34


class Decoder(GattDecoder):
    """A result waits for the context that it announces, until that comes, or another result, or the answer.

    When the connection ends before, it is forgotten, and asked for again with the next one.
    """

    def __init__(self) -> None:
        super().__init__({MEASUREMENT: self._result, CONTEXT: self._context, CONTROL_POINT: self._answer})
        self._waiting: tuple[Record, bytes] | None = None

    def reconnected(self) -> None:
        self._waiting = None

    def _result(self, data: bytes) -> list[Event]:
        record = Record.parse(data)
        before = self._take(None)
        if record.is_control_solution():
            return [*before, rejected("control solution", data)]
        self._waiting = (record, data)
        return before if record.context_follows else [*before, *self._take(None)]

    def _context(self, data: bytes) -> list[Event]:
        context = Context.parse(data)
        if self._waiting is None or self._waiting[0].sequence != context.sequence:
            raise FrameError("a context of no result")
        return self._take(context)

    def _answer(self, data: bytes) -> list[Event]:
        return [*self._take(None), *answered(data)]

    def _take(self, context: Context | None) -> list[Event]:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return []
        record, data = waiting
        try:
            self._once(MEASUREMENT, data, True)
        except FrameError as error:
            return [rejected(str(error), data)]
        quality = record.quality() | (context.quality() if context else frozenset())
        return [measured((record.quantity(),), quality, data, record.time())]


def describe_result(data: bytes) -> dict[str, object]:
    return Record.parse(data).describe()


def describe_context(data: bytes) -> dict[str, object]:
    return Context.parse(data).describe()


DEVICE = Device(
    key="sig_glucose",
    name="Bluetooth glucose meter",
    kind=Kind.GLUCOMETER,
    match=BleMatch(
        uuid(SERVICE), (uuid(MEASUREMENT), uuid(CONTEXT), uuid(CONTROL_POINT)),
        write=uuid(CONTROL_POINT), start=(REPORT_LAST,),
    ),
    metrics=(GLUCOSE_MASS, GLUCOSE_MOLAR),
    reference="Bluetooth SIG Glucose Service 1.0.1; GATT Specification Supplement",
    any_make=True,
    limits="its last result is read, none before; of its context, the meal; control solution is refused; a "
    "meter that asks for a code is paired on the technician's screen",
    decoder=Decoder,
    protocols=(
        ("glucose", describe_result),
        ("glucose_context", describe_context),
        ("racp", describe_answer),
    ),
)  # fmt: skip
