"""Contec CMS50D+ (and CMS50F/H/I/EW) with communication protocol V7.0 over its USB serial bridge.

Source: Contec "Communication protocol of pulse oximeter V7.0"; start, stop and keep-alive as observed on
devices (firmware 4.6).
"""

from devices.contec_v7 import (
    REALTIME,
    Command,
    Framer,
    Realtime,
    command,
    describe_command,
    describe_packet,
    may_send,
    unpack,
)
from devices.contec_v7_recording import Download
from devices.device import Device, SerialMatch
from devices.event import Event, Rejected, SignalState
from devices.measuring import quantity, sensor_off
from devices.metrics import PERFUSION_INDEX, PLETH, PULSE_RATE, SPO2
from devices.reading import Absent, Kind, Quantity
from devices.recording import METRICS, WithRecordings
from devices.streamed import StreamedOximeter

FRAMES_HZ = 60
SAMPLES_PER_CHUNK = 6


def sensor_state(frame: Realtime) -> SignalState:
    if frame.searching_too_long or frame.probe_error:
        return SignalState.SENSOR_OFF
    return SignalState.SEARCHING if frame.searching else SignalState.MEASURING


def quantities(frame: Realtime) -> tuple[Quantity, ...]:
    """Models without a perfusion index mark it invalid in every packet: not applicable."""
    if sensor_state(frame) is SignalState.SENSOR_OFF:
        return sensor_off(SPO2, PULSE_RATE, PERFUSION_INDEX)
    index = Quantity(PERFUSION_INDEX, frame.pi, Absent.NOT_APPLICABLE if frame.pi is None else None)
    return (quantity(SPO2, frame.spo2), quantity(PULSE_RATE, frame.pr), index)


class _Stream:
    """The realtime stream. Packets that are not realtime data (replies, notices) are ignored."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._stream = StreamedOximeter(FRAMES_HZ, SAMPLES_PER_CHUNK)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        events: list[Event] = []
        for part in self._framer.split(data):
            if isinstance(part, Rejected):
                events += self._stream.rejected(part)
            elif part[0] == REALTIME:
                frame = Realtime.parse(unpack(part)[1])
                events += self._stream.frame(sensor_state(frame), frame.pleth, quantities(frame), part)
        return events


class Decoder(WithRecordings):
    """The realtime stream, and the newest recording when it is asked for."""

    def __init__(self) -> None:
        super().__init__(_Stream, Download)


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
        may_send=may_send,
    ),
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX, PLETH, *METRICS),
    reference="Contec, Communication protocol of pulse oximeter V7.0",
    recordings=True,
    limits="of its recordings the newest, of the user whom it counts them for; its clock cannot be read",
    decoder=Decoder,
    protocols=(("contec_v7_packet", describe_packet), ("contec_v7_command", describe_command)),
)
