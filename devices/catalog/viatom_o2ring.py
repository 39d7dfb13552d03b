"""Viatom / Wellue O2Ring and its relatives: asked once a second for what their sensors see.

Source: the Oxy protocol as viatom-o2ring-ble and ecostech/viatom-ble implement it independently. The unit of
its perfusion index is not known: it is described, never measured.
"""

from dataclasses import dataclass, replace
from functools import partial

from devices import battery
from devices.device import BleMatch, Device
from devices.event import Battery, Event, FrameError, SignalState
from devices.gatt import FramedDecoder
from devices.measuring import quantity, sensor_off
from devices.metrics import PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.recording import METRICS, WithRecordings
from devices.streamed import StreamedOximeter
from devices.viatom import PIECE_BYTES, REPLY, REQUEST, SENSORS, framer, may_send, request, unpack
from devices.viatom_recording import Download, describe_header

SERVICE = "14839ac4-7d7e-415c-9a42-167340cf2339"
WRITE = "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3"
NOTIFY = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"
# Of the maker's own library for these. Its cuffs and ECG recorders have this service too.
NAMES = (
    "O2Ring", "OxyRing", "Checkme O2", "CheckO2", "O2 ", "O2M", "O2BAND", "SleepO2", "SleepU", "WearO2",
    "Oxylink", "Oxyfit", "KidsO2", "BabyO2",
)  # fmt: skip
_ASKED_EVERY_S = 1.0
_LONGEST = 64
_SENSOR_BYTES = 12
_WAVE_AT = 12
_NO_SPO2, _NO_PULSE = (0, 127, 255), (0, 255, 0xFFFF)


@dataclass(frozen=True, slots=True)
class Sensors:
    """The reply to SENSORS. `None` is "no value"."""

    status: int
    spo2: int | None
    hr: int | None
    battery: int
    charging: int
    motion: int
    pi: int
    worn: bool

    @classmethod
    def parse(cls, frame: bytes) -> "Sensors":
        """Raises FrameError."""
        status, _, data = unpack(frame, REPLY)
        if len(data) < _SENSOR_BYTES:
            raise FrameError("no reply of the sensors")
        return cls(
            status=status,
            spo2=None if data[0] in _NO_SPO2 else data[0],
            hr=None if data[1] in _NO_PULSE else data[1],
            battery=data[7],
            charging=data[8],
            motion=data[9],
            pi=data[10],
            worn=bool(data[11] & 1),
        )

    def state(self) -> SignalState:
        if not self.worn:
            return SignalState.SENSOR_OFF
        missing = self.spo2 is None and self.hr is None
        return SignalState.SEARCHING if missing else SignalState.MEASURING

    def left(self) -> Battery | None:
        """While it is charged, nobody need do anything about it."""
        said = battery.of_percent(self.battery)
        return replace(said, is_low=said.is_low and not self.charging) if said else None

    def quantities(self) -> tuple[Quantity, ...]:
        if not self.worn:
            return sensor_off(SPO2, PULSE_RATE)
        return (quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.hr))


class _Stream(FramedDecoder):
    """One reply a second, put together from notifications of 20 bytes."""

    def __init__(self) -> None:
        super().__init__(NOTIFY, framer(_LONGEST))
        self._stream = StreamedOximeter(1)
        self._battery = battery.BatteryNews()

    def _frame(self, frame: bytes) -> list[Event]:
        seen = Sensors.parse(frame)
        quality = frozenset({Quality.MOTION}) if seen.motion else frozenset()
        measured = self._stream.frame(seen.state(), None, seen.quantities(), frame, quality)
        return [*measured, *self._battery.events(seen.left())]


class Decoder(WithRecordings):
    """What its sensors see, and the newest recording when it is asked for."""

    def __init__(self) -> None:
        super().__init__(_Stream, partial(Download, NOTIFY))


def describe_sensors(data: bytes) -> dict[str, object]:
    seen = Sensors.parse(data)
    return {name: getattr(seen, name) for name in Sensors.__slots__}


def describe_wave(data: bytes) -> dict[str, object]:
    """The reply to another question (1B), which the kiosk does not ask. Raises FrameError."""
    _, _, said = unpack(data, REPLY)
    if len(said) < _WAVE_AT or len(said) != _WAVE_AT + int.from_bytes(said[10:12], "little"):
        raise FrameError("no wave")
    pulse = int.from_bytes(said[1:3], "little")
    return {
        "spo2": None if said[0] in _NO_SPO2 else said[0],
        "pr": None if pulse in _NO_PULSE else pulse,
        "battery": said[3],
        "charging": said[4],
        "pi": said[5],
        "worn": bool(said[6] & 1),
        "wave": list(said[_WAVE_AT:]),
    }


def describe_request(data: bytes) -> dict[str, object]:
    command, block, rest = unpack(data, REQUEST)
    return {"cmd": command, "block": block, "data": rest.hex()}


DEVICE = Device(
    key="viatom_o2ring",
    name="Viatom O2Ring",
    kind=Kind.OXIMETER,
    match=BleMatch(
        SERVICE, (NOTIFY,), names=NAMES, write=WRITE, start=(request(SENSORS),),
        keep_alive=request(SENSORS), keep_alive_s=_ASKED_EVERY_S, piece_bytes=PIECE_BYTES,
        may_send=lambda wanted, _: may_send(wanted.command),
    ),
    metrics=(SPO2, PULSE_RATE, *METRICS),
    reference="Viatom Oxy protocol",
    recordings=True,
    limits="the unit of its perfusion index is not known; of its newest recording the ring's own figures, no "
    "samples; waves are not read; O2Ring-S and S8-AW speak otherwise and are not read",
    decoder=Decoder,
    protocols=(
        ("viatom_rt_sensors", describe_sensors),
        ("viatom_rt_wave", describe_wave),
        ("viatom_request", describe_request),
        ("viatom_file_header", describe_header),
    ),
)  # fmt: skip
