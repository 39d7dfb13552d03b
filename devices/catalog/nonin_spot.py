"""Nonin oximeters that give spot checks (data format 13): one result each, with the device's own time.

Source: Nonin 9560 OEM specification 6470-000-01; mattjlewis/NoninPulseOx. What nobody was there to take is
kept in the device, sent first when somebody listens, and then forgotten: the frame says so, and its date
tells whose it may be. Nothing is sent to the device, and its clock is not set.
"""

from dataclasses import dataclass

from devices.battery import BatteryNews
from devices.device import Device, SerialMatch
from devices.event import Battery, Event, FrameError, Rejected
from devices.framing import LengthFramer
from devices.ieee11073 import DateTime
from devices.measuring import measured, quantity
from devices.metrics import PULSE_RATE, SPO2
from devices.nonin import beats, saturation
from devices.reading import Kind, Quality, Quantity

_START, _END = bytes.fromhex("0002000d"), 0x03
_HEAD, _TAIL = 6, 2  # start and length; checksum and end
_LEAST, _LONGEST = 14, 56  # bytes of a spot check: later units may say more
_DATE_BYTES = 8


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """`None` is "missing". `smartpoint`: the device's own word that the numbers had settled."""

    taken: DateTime
    smartpoint: bool
    no_measurement: bool
    from_memory: bool
    low_battery: bool
    hr: int | None
    spo2: int | None

    @classmethod
    def parse(cls, data: bytes) -> "SpotCheck":
        """Raises FrameError."""
        if len(data) < _HEAD or not data.startswith(_START) or _size_of(data[:_HEAD]) != len(data):
            raise FrameError("not a frame of format 13")
        if not _is_sound(data):
            raise FrameError("wrong checksum")
        body = data[_HEAD:-_TAIL]
        return cls(
            taken=_date_time(body[:_DATE_BYTES]),
            smartpoint=bool(body[8] & 0x02),
            no_measurement=bool(body[8] & 0x01),
            from_memory=bool(body[9] & 0x10),
            low_battery=bool(body[9] & 0x01),
            hr=beats(int.from_bytes(body[10:12], "big") & 0x1FF),
            spo2=saturation(body[13]),
        )

    def quantities(self) -> tuple[Quantity, ...]:
        numbers = (None, None) if self.no_measurement else (self.spo2, self.hr)
        return (quantity(SPO2, numbers[0]), quantity(PULSE_RATE, numbers[1], invalid=(0,)))

    def quality(self) -> frozenset[Quality]:
        unsettled = not (self.smartpoint or self.no_measurement)
        marks = {Quality.FROM_MEMORY: self.from_memory, Quality.EARLY_ESTIMATE: unsettled}
        return frozenset(mark for mark, is_set in marks.items() if is_set)


def _date_time(coded: bytes) -> DateTime:
    """Century, year, month, day, hour, minute, second, and a fraction. Raises FrameError."""
    if not coded.hex().isdecimal():
        raise FrameError("the time is not decimal")
    century, year, month, day, hour, minute, second, _ = (int(f"{byte:02x}") for byte in coded)
    return DateTime(100 * century + year, month, day, hour, minute, second)


def _size_of(head: bytes) -> int:
    length = int.from_bytes(head[len(_START) :], "big")
    return _HEAD + length + _TAIL if _LEAST <= length <= _LONGEST else 0


def _is_sound(frame: bytes) -> bool:
    return frame[-1] == _END and sum(frame[_HEAD:-_TAIL]) & 0xFF == frame[-_TAIL]


class Decoder:
    """Result after result; silent between them."""

    def __init__(self) -> None:
        self._framer = LengthFramer(_START, _HEAD, _size_of, _is_sound)
        self._battery = BatteryNews()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [part]
        try:
            spot = SpotCheck.parse(part)
        except FrameError as error:
            return [Rejected(str(error), part)]
        result = measured(spot.quantities(), spot.quality(), part, spot.taken, finished=True)
        return [result, *self._battery.events(Battery(None, spot.low_battery))]


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    spot = SpotCheck.parse(data)
    said: dict[str, object] = {name: getattr(spot, name) for name in SpotCheck.__slots__ if name != "taken"}
    return {"datetime": str(spot.taken)} | said


DEVICE = Device(
    key="nonin_spot",
    name="Nonin spot check (format 13)",
    kind=Kind.OXIMETER,
    match=SerialMatch(usb_ids=((0x0403, 0x6001),), baud=9600, checked=True, quiet=True),
    metrics=(SPO2, PULSE_RATE),
    reference="Nonin 9560 OEM specification 6470-000-01, data format 13",
    experimental=True,
    sends_once=True,
    limits="its frames are constructed from the specification; its USB bridge is assumed; it speaks once, "
    "when a measurement is over: until it is known who is there, it may have to measure twice; its clock is "
    "not set: while that is wrong, each result is left to the helper; others have its bridge: what it kept "
    "is taken by the self-test's command and `devices watch`, which look for those",
    decoder=Decoder,
    protocols=(("nonin_df13", describe),),
)
