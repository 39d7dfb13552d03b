"""Nonin's serial data formats 2 and 7, and the numbers that all its formats share.

Source: Nonin 9560 OEM specification 6470-000-01. A heart rate of nine bits is sent in two and seven; 511 and
127 mean that there is none.
"""

from dataclasses import dataclass

from devices.event import FrameError
from devices.framing import LengthFramer

FRAMES = 25  # of formats 2 and 7 make a packet
FRAME_BYTES = 5
_SYNC, _HIGH = 0x01, 0x80
_NO_RATE, _NO_SPO2 = 511, (0, 127, 255)
# Where in a packet a value stands, the first frame being 1.
_SINGLE = {"spo2": 3, "spo2_d": 9, "spo2_fast": 10, "spo2_bb": 11, "e_spo2": 16, "e_spo2_d": 17}
_RATES = {"hr": 1, "e_hr": 14, "hr_d": 20, "e_hr_d": 22}
_REVISION, _TIMER, _STATUS_2 = 4, 6, 8
_ORDER = (
    "hr", "spo2", "srev", "timer", "stat2", "spo2_d", "spo2_fast", "spo2_bb",
    "e_hr", "e_spo2", "e_spo2_d", "hr_d", "e_hr_d",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """One of the 75 a second: the wave, a piece of the packet, and the sensor's state."""

    pleth: int
    value: int
    artifact: bool
    out_of_track: bool
    sensor_alarm: bool
    low_perfusion: bool
    sync: bool

    @classmethod
    def format_2(cls, data: bytes) -> "Frame":
        """01, status, pleth, value, checksum. Raises FrameError."""
        if len(data) != FRAME_BYTES or data[0] != 1:
            raise FrameError("not a frame of format 2")
        return cls._of(data, status=data[1], pleth=data[2], value=data[3])

    @classmethod
    def format_7(cls, data: bytes) -> "Frame":
        """Status, pleth in two bytes, value, checksum. Raises FrameError."""
        if len(data) != FRAME_BYTES:
            raise FrameError("not a frame of format 7")
        return cls._of(data, status=data[0], pleth=int.from_bytes(data[1:3], "big"), value=data[3])

    @classmethod
    def _of(cls, data: bytes, status: int, pleth: int, value: int) -> "Frame":
        if not status & _HIGH or not _is_sound(data):
            raise FrameError("wrong status or checksum")
        return cls(
            pleth=pleth,
            value=value,
            artifact=bool(status & 0x20),
            out_of_track=bool(status & 0x10),
            sensor_alarm=bool(status & 0x48),  # bit 6 on older units: the sensor is not connected
            low_perfusion=status & 0x06 == 0x04,  # red; green is good, both are marginal
            sync=bool(status & _SYNC),
        )


def framer_2() -> LengthFramer:
    """Cuts a stream of format 2 into frames whose checksum is right."""
    return LengthFramer(b"\x01", 2, lambda head: FRAME_BYTES if head[1] & _HIGH else 0, _is_sound)


def framer_7() -> LengthFramer:
    """The same of format 7, whose frames begin with their status."""
    return LengthFramer(b"", 1, lambda head: FRAME_BYTES if head[0] & _HIGH else 0, _is_sound)


def _is_sound(frame: bytes) -> bool:
    return sum(frame[:-1]) & 0xFF == frame[-1]


def values(packet: tuple[int, ...]) -> dict[str, int | None]:
    """What the values of 25 frames say; None is "none"."""
    found: dict[str, int | None] = {
        "srev": packet[_REVISION - 1],
        "timer": packet[_TIMER - 1] << 7 | packet[_TIMER],
        "stat2": packet[_STATUS_2 - 1],
    }
    for name, at in _SINGLE.items():
        found[name] = saturation(packet[at - 1])
    for name, at in _RATES.items():
        found[name] = rate(packet[at - 1], packet[at])
    return {name: found[name] for name in _ORDER}


def rate(high: int, low: int) -> int | None:
    """Two bits and seven."""
    return beats((high & 3) << 7 | low & 0x7F)


def beats(number: int) -> int | None:
    """Of nine bits."""
    return None if number == _NO_RATE else number


def saturation(spo2: int) -> int | None:
    return None if spo2 in _NO_SPO2 else spo2


def describe_format_2(data: bytes) -> dict[str, object]:
    """A packet of 25 frames. Raises FrameError."""
    return _packet([Frame.format_2(part) for part in _parts(data)])


def describe_format_7(data: bytes) -> dict[str, object]:
    """A packet of 25 frames. Raises FrameError."""
    return _packet([Frame.format_7(part) for part in _parts(data)])


def _parts(data: bytes) -> list[bytes]:
    if len(data) != FRAMES * FRAME_BYTES:
        raise FrameError(f"a packet has {FRAMES} frames of {FRAME_BYTES} bytes")
    return [data[at : at + FRAME_BYTES] for at in range(0, len(data), FRAME_BYTES)]


def _packet(frames: list[Frame]) -> dict[str, object]:
    if [frame.sync for frame in frames] != [True] + [False] * (FRAMES - 1):
        raise FrameError("a packet begins with its only SYNC")
    described: dict[str, object] = {**values(tuple(frame.value for frame in frames))}
    return described | {
        "pleth_first3": [frame.pleth for frame in frames[:3]],
        "any_artifact": any(frame.artifact for frame in frames),
        "any_out_of_track": any(frame.out_of_track for frame in frames),
        "any_sensor_alarm": any(frame.sensor_alarm for frame in frames),
    }
