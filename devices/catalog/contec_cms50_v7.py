"""Contec CMS50D+ (and CMS50F/H/I/EW) with communication protocol V7.0 over its USB serial bridge.

Source: Contec "Communication protocol of pulse oximeter V7.0"; start, stop and keep-alive as observed on
devices (firmware 4.6).
"""

from decimal import Decimal

from devices.cadence import Cadence
from devices.contec_v7 import (
    REALTIME,
    Command,
    Framer,
    Realtime,
    command,
    describe_command,
    describe_packet,
    unpack,
)
from devices.device import Device, Event, Rejected, Samples, SerialMatch, Signal, SignalState
from devices.measuring import all_absent, measured, quantity
from devices.metrics import PERFUSION_INDEX, PLETH, PULSE_RATE, SPO2
from devices.reading import Absent, Kind, Quantity

FRAMES_HZ = 60
PERIOD_MS = Decimal(1000) / FRAMES_HZ
SAMPLES_PER_CHUNK = 6
_SOONEST, _LATEST = FRAMES_HZ, 5 * FRAMES_HZ


def sensor_state(frame: Realtime) -> SignalState:
    if frame.searching_too_long or frame.probe_error:
        return SignalState.SENSOR_OFF
    return SignalState.SEARCHING if frame.searching else SignalState.MEASURING


def quantities(frame: Realtime) -> tuple[Quantity, ...]:
    """Models without a perfusion index mark it invalid in every packet: not applicable."""
    if sensor_state(frame) is SignalState.SENSOR_OFF:
        return tuple(Quantity(m, absent=Absent.SENSOR_OFF) for m in (SPO2, PULSE_RATE, PERFUSION_INDEX))
    index = Quantity(PERFUSION_INDEX, frame.pi, Absent.NOT_APPLICABLE if frame.pi is None else None)
    return (quantity(SPO2, _decimal(frame.spo2)), quantity(PULSE_RATE, _decimal(frame.pr)), index)


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


class Decoder:
    """The realtime stream as sensor states, pleth samples and, thinned out, measurements.

    While the device is searching for the pulse nothing is measured. Numbers of packets that are not
    realtime data (replies, notices) are ignored.
    """

    def __init__(self) -> None:
        self._framer = Framer()
        self._cadence = Cadence(_SOONEST, _LATEST)
        self._state: SignalState | None = None
        self._pleth: list[int] = []
        self._gap = False

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        events: list[Event] = []
        for part in self._framer.split(data):
            if isinstance(part, Rejected):
                events += [*self._flush(), part]
                self._gap = True
            elif part[0] == REALTIME:
                events += self._realtime(part)
        return events

    def _realtime(self, packet: bytes) -> list[Event]:
        frame = Realtime.parse(unpack(packet)[1])
        return [*self._signal(frame), *self._samples(frame), *self._measure(frame, packet)]

    def _signal(self, frame: Realtime) -> list[Event]:
        state = sensor_state(frame)
        if state is self._state:
            return []
        self._state = state
        return [Signal(state)]

    def _samples(self, frame: Realtime) -> list[Event]:
        self._pleth.append(frame.pleth)
        return self._flush() if len(self._pleth) == SAMPLES_PER_CHUNK else []

    def _flush(self) -> list[Event]:
        """The samples so far; those after lost bytes never share a chunk with those before."""
        if not self._pleth:
            return []
        chunk = Samples(PLETH, PERIOD_MS, tuple(self._pleth), self._gap)
        self._pleth.clear()
        self._gap = False
        return [chunk]

    def _measure(self, frame: Realtime, packet: bytes) -> list[Event]:
        if self._state is SignalState.SEARCHING:
            self._cadence.skip()
            return []
        numbers = quantities(frame)
        if not self._cadence.due(numbers, repeat=not all_absent(numbers)):
            return []
        return [measured(numbers, frozenset(), packet)]


DEVICE = Device(
    key="contec_cms50_v7",
    name="Contec CMS50D+",
    kind=Kind.OXIMETER,
    match=SerialMatch(
        usb_ids=((0x10C4, 0xEA60),),
        baud=115200,
        start=(command(Command.START),),
        keep_alive=command(Command.KEEP_ALIVE),
        keep_alive_s=5.0,
        stop=(command(Command.STOP),),
    ),
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX, PLETH),
    reference="Contec, Communication protocol of pulse oximeter V7.0",
    decoder=Decoder,
    protocols=(("contec_v7_packet", describe_packet), ("contec_v7_command", describe_command)),
)
