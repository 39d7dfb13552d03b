"""Yonker YK-IBPA1 cuff: the pressure while it fills, then the result, in frames of fifteen bytes.

Source: derdilla/blood-pressure-monitor-fl, issue 615; another application reads the same bytes. It may send
older results as well, its clock is said to be unreliable, and it does not announce its service.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.device import BleMatch, Device
from devices.event import Event, FrameError, Samples, Signal, SignalState
from devices.gatt import GattDecoder
from devices.ieee11073 import DateTime
from devices.measuring import measured, quantity
from devices.metrics import CUFF_PRESSURE, CUFF_PULSE_RATE, DIASTOLIC, SYSTOLIC
from devices.reading import Kind, Quality

SERVICE = "cdeacd80-5235-4c07-8846-93a37ee6b86d"
NOTIFY = "cdeacd81-5235-4c07-8846-93a37ee6b86d"
_SIZE, _FILLING, _RESULT = 15, 0x80, 0x81
_MISSING = (0,)
_UNSURE = frozenset({Quality.TIME_UNSURE})  # it may be one from before, whatever its clock says


@dataclass(frozen=True, slots=True)
class Result:
    """mmHg, and beats a minute. Its time has no seconds."""

    sys: int
    dia: int
    pulse: int
    time: DateTime

    @classmethod
    def parse(cls, data: bytes) -> "Result":
        """Raises FrameError."""
        if len(data) != _SIZE or data[0] != _RESULT:
            raise FrameError("not a result of fifteen bytes")
        day, month, year, hour, minute = data[6:11]
        return cls(data[1], data[2], data[3], DateTime(2000 + year, month, day, hour, minute, 0))


def cuff_pressure(data: bytes) -> int:
    """In mmHg. Raises FrameError."""
    if len(data) != _SIZE or data[0] != _FILLING:
        raise FrameError("not a frame of fifteen bytes")
    return int.from_bytes(data[1:3], "big")


class Decoder(GattDecoder):
    """Results as measurements; the live cuff pressure as samples."""

    def __init__(self) -> None:
        super().__init__({NOTIFY: self._frame})
        self._inflating = False

    def _frame(self, data: bytes) -> list[Event]:
        return self._result(data) if data[:1] == bytes((_RESULT,)) else self._filling(data)

    def _result(self, data: bytes) -> list[Event]:
        result = Result.parse(data)
        self._once(NOTIFY, data, result.time.known() is not None)
        self._inflating = False
        numbers = ((SYSTOLIC, result.sys), (DIASTOLIC, result.dia), (CUFF_PULSE_RATE, result.pulse))
        quantities = tuple(quantity(metric, number, _MISSING) for metric, number in numbers)
        return [measured(quantities, _UNSURE, data, result.time)]

    def _filling(self, data: bytes) -> list[Event]:
        live = Samples(CUFF_PRESSURE, Decimal(0), (cuff_pressure(data),))
        started = [] if self._inflating else [Signal(SignalState.MEASURING)]
        self._inflating = True
        return [*started, live]


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    if data[:1] == bytes((_FILLING,)):
        return {"cuff": cuff_pressure(data)}
    result = Result.parse(data)
    to_the_minute = str(result.time).rpartition(":")[0]
    return {"sys": result.sys, "dia": result.dia, "pulse": result.pulse, "datetime": to_the_minute}


DEVICE = Device(
    key="yonker_ibpa1",
    name="Yonker YK-IBPA1",
    kind=Kind.CUFF,
    match=BleMatch(SERVICE, (NOTIFY,), names=("YK-IBPA1",), announced=False, results_notified=True),
    metrics=(SYSTOLIC, DIASTOLIC, CUFF_PULSE_RATE, CUFF_PRESSURE),
    reference="blood-pressure-monitor-fl",
    experimental=True,
    limits="its clock is unreliable",
    decoder=Decoder,
    protocols=(("yonker", describe),),
)
