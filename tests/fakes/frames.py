"""Bytes as the instruments send them: what the simulators and the decoder tests are made of.

Sources: Contec communication protocol V7.0; Bluetooth GATT Specification Supplement (PLX, blood pressure,
temperature); IEEE 11073-20601 for SFLOAT and FLOAT. Written independently of `devices/`: nothing of the
product is imported here, so that a fault there cannot hide behind the same fault here.
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

Number = Decimal | int | str

CONTEC_START = bytes.fromhex("7d81a1808080808080")
CONTEC_STOP = bytes.fromhex("7d81a2808080808080")
CONTEC_KEEP_ALIVE = bytes.fromhex("7d81af808080808080")
_SPECIALS = {"NaN": -1, "NRes": 0, "+INF": -2, "-INF": 2, "reserved": 1}


def contec_v7_packet(kind: int, data: bytes) -> bytes:
    """Any V7 packet: type, the seven-bit overflow byte, then every data byte with its high bit set."""
    high = sum((byte >> 7) << index for index, byte in enumerate(data[:7]))
    return bytes((kind, 0x80 | high)) + bytes(byte | 0x80 for byte in data)


def contec_v7_frame(
    *,
    signal: int = 6,
    searching_too_long: bool = False,
    low_spo2: bool = False,
    beep: bool = False,
    probe_error: bool = False,
    pleth: int = 50,
    searching: bool = False,
    bar: int = 5,
    pi_invalid: bool = False,
    pr: int | None = 72,
    spo2: int | None = 98,
    pi_hundredths: int | None = 250,
) -> bytes:
    """One realtime packet (type 01, 9 bytes, 60 a second). None is sent as the "no value" of the manual."""
    state = signal | searching_too_long << 4 | low_spo2 << 5 | beep << 6 | probe_error << 7
    index = 0xFFFF if pi_hundredths is None else pi_hundredths
    numbers = (0xFF if pr is None else pr, 0x7F if spo2 is None else spo2, index & 0xFF, index >> 8)
    bars = bar | (pi_invalid or pi_hundredths is None) << 4
    return contec_v7_packet(0x01, bytes((state, pleth | searching << 7, bars, *numbers)))


def contec_v7_finger_out(pleth: int = 0) -> bytes:
    """What the CMS50D+ streams with nobody in the clip."""
    return contec_v7_frame(
        signal=0, searching_too_long=True, pleth=pleth, bar=0, pr=None, spo2=None, pi_hundredths=None
    )


def contec_v7_searching(pleth: int = 0) -> bytes:
    """The finger is in, no pulse found yet."""
    return contec_v7_frame(
        signal=1, searching=True, pleth=pleth, bar=0, pr=None, spo2=None, pi_hundredths=None
    )


def _medfloat(value: Number, size: int) -> bytes:
    exponent_bits, bits = (4, 12) if size == 2 else (8, 24)
    if isinstance(value, str) and value in _SPECIALS:
        return ((_SPECIALS[value] + (1 << (bits - 1))) & ((1 << bits) - 1)).to_bytes(size, "little")
    sign, digits, power = Decimal(value).as_tuple()
    mantissa = int("".join(map(str, digits))) * (-1 if sign else 1)
    if not isinstance(power, int) or not -(1 << (bits - 1)) + 2 < mantissa < (1 << (bits - 1)) - 2:
        raise ValueError(f"{value} does not fit {size} bytes")
    word = (power & ((1 << exponent_bits) - 1)) << bits | mantissa & ((1 << bits) - 1)
    return word.to_bytes(size, "little")


def sfloat(value: Number) -> bytes:
    """Two bytes; the written decimals are kept ("36.70" has mantissa 3670). "NaN", "NRes", "+INF" ... too."""
    return _medfloat(value, 2)


def float32(value: Number) -> bytes:
    """Four bytes, as `sfloat`."""
    return _medfloat(value, 4)


def date_time(when: datetime | None) -> bytes:
    """Seven bytes; None is the unknown date (all zero)."""
    if when is None:
        return bytes(7)
    fields = (when.month, when.day, when.hour, when.minute, when.second)
    return when.year.to_bytes(2, "little") + bytes(fields)


def plx_continuous(
    spo2: Number,
    pr: Number,
    *,
    fast: tuple[Number, Number] | None = None,
    slow: tuple[Number, Number] | None = None,
    measurement_status: int | None = None,
    device_status: int | None = None,
    pai: Number | None = None,
) -> bytes:
    """2A5F: optional fields are present when given, the flags follow from that."""
    present = (fast, slow, measurement_status, device_status, pai)
    flags = sum(1 << bit for bit, field in enumerate(present) if field is not None)
    pairs = (pair for pair in ((spo2, pr), fast, slow) if pair is not None)
    numbers = b"".join(sfloat(number) for pair in pairs for number in pair)
    return bytes((flags,)) + numbers + _plx_tail(measurement_status, device_status, pai)


def _plx_tail(measurement_status: int | None, device_status: int | None, pai: Number | None) -> bytes:
    measurement = b"" if measurement_status is None else measurement_status.to_bytes(2, "little")
    device = b"" if device_status is None else device_status.to_bytes(3, "little")
    return measurement + device + (b"" if pai is None else sfloat(pai))


def plx_spot(
    spo2: Number,
    pr: Number,
    *,
    when: datetime | None = None,
    measurement_status: int | None = None,
    device_status: int | None = None,
    pai: Number | None = None,
    clock_not_set: bool = False,
) -> bytes:
    """2A5E. `when` None leaves the time stamp out."""
    present = (when, measurement_status, device_status, pai)
    flags = sum(1 << bit for bit, field in enumerate(present) if field is not None) | clock_not_set << 4
    stamp = b"" if when is None else date_time(when)
    tail = _plx_tail(measurement_status, device_status, pai)
    return bytes((flags,)) + sfloat(spo2) + sfloat(pr) + stamp + tail


def blood_pressure(
    systolic: Number,
    diastolic: Number,
    mean: Number = "NaN",
    *,
    kpa: bool = False,
    when: datetime | None = None,
    pulse: Number | None = None,
    user: int | None = None,
    status: int | None = None,
    reserved_flags: int = 0,
) -> bytes:
    """2A35. Optional fields are present when given; `reserved_flags` are the bits 5 to 7 some cuffs set."""
    present = (when, pulse, user, status)
    flags = kpa | sum(2 << bit for bit, field in enumerate(present) if field is not None)
    frame = bytes((flags | reserved_flags & 0xE0,)) + sfloat(systolic) + sfloat(diastolic) + sfloat(mean)
    frame += b"" if when is None else date_time(when)
    frame += b"" if pulse is None else sfloat(pulse)
    frame += b"" if user is None else bytes((user,))
    return frame + (b"" if status is None else status.to_bytes(2, "little"))


def intermediate_cuff(pressure: Number, *, kpa: bool = False, zero_filled: bool = False) -> bytes:
    """2A36: the pressure in the cuff now; the two unused fields are NaN, or 0 as some cuffs send."""
    unused: Number = 0 if zero_filled else "NaN"
    return blood_pressure(pressure, unused, unused, kpa=kpa)


def temperature(
    value: Number, *, fahrenheit: bool = False, when: datetime | None = None, site: int | None = None
) -> bytes:
    """2A1C and 2A1E. `site` is the temperature type (1 armpit ... 9 tympanum)."""
    flags = fahrenheit | (when is not None) << 1 | (site is not None) << 2
    stamp = b"" if when is None else date_time(when)
    return bytes((flags,)) + float32(value) + stamp + (b"" if site is None else bytes((site,)))


def weight(
    raw: int,
    *,
    imperial: bool = False,
    when: datetime | None = None,
    user: int | None = None,
    stature: tuple[int, int] | None = None,
) -> bytes:
    """2A9D: steps of 0.005 kg or 0.01 lb; `stature`: steps of the body mass index and of the height."""
    flags = imperial | (when is not None) << 1 | (user is not None) << 2 | (stature is not None) << 3
    time = b"" if when is None else date_time(when)
    rest = b"" if stature is None else b"".join(steps.to_bytes(2, "little") for steps in stature)
    return (
        bytes((flags,)) + raw.to_bytes(2, "little") + time + (b"" if user is None else bytes((user,))) + rest
    )


def body_composition(fat_tenths: int, ohm_tenths: int, raw: int, when: datetime) -> bytes:
    """2A9C: tenths of a percent and of an ohm, steps of 0.005 kg."""
    flags = 1 << 1 | 1 << 9 | 1 << 10
    impedance_and_weight = ohm_tenths.to_bytes(2, "little") + raw.to_bytes(2, "little")
    head = flags.to_bytes(2, "little") + fat_tenths.to_bytes(2, "little")
    return head + date_time(when) + impedance_and_weight


def heart_rate(rate: int, contact: bool | None, energy_kj: int | None, intervals: Sequence[int]) -> bytes:
    """2A37; `intervals` in 1/1024 s."""
    wide = rate > 0xFF
    told = (contact is not None) << 2 | bool(contact) << 1
    flags = wide | told | (energy_kj is not None) << 3 | bool(intervals) << 4
    energy = b"" if energy_kj is None else energy_kj.to_bytes(2, "little")
    beats = b"".join(interval.to_bytes(2, "little") for interval in intervals)
    return bytes((flags,)) + rate.to_bytes(2 if wide else 1, "little") + energy + beats


def glucose(sequence: int, kg_per_litre: Number, when: datetime, *, context_follows: bool = False) -> bytes:
    """2A18: capillary plasma from a finger, in kg/L, with a status of no fault."""
    flags = 0x02 | 0x08 | context_follows << 4
    result = sfloat(kg_per_litre) + bytes((0x12, 0, 0))
    return bytes((flags,)) + sequence.to_bytes(2, "little") + date_time(when) + result


def glucose_context(sequence: int, meal: int) -> bytes:
    """2A34 with the meal alone."""
    return bytes((0x02,)) + sequence.to_bytes(2, "little") + bytes((meal,))


def viatom_reply(data: bytes, status: int = 0, block: int = 0) -> bytes:
    """A frame of the Oxy protocol, with the CRC-8 of polynomial 07 that it ends with."""
    head = (0x55, status, status ^ 0xFF, *block.to_bytes(2, "little"), *len(data).to_bytes(2, "little"))
    frame = bytes(head) + data
    crc = 0
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return frame + bytes((crc,))


def vld(
    began: datetime,
    records: int,
    *,
    every_s: int = 4,
    average: int = 95,
    lowest: int = 82,
    size: int | None = None,
    version: int = 3,
) -> bytes:
    """A whole file of a Viatom ring; `size`: what its header says, where that is a lie."""
    said = 40 + 5 * records if size is None else size
    head = struct.pack(
        "<BBHBBBBBIHHBBBB",
        version,
        0,
        *began.timetuple()[:6],
        said,
        records * every_s,
        0,
        average,
        lowest,
        12,
        7,
    )
    return head.ljust(40, b"\x00") + struct.pack("<BHBB", 95, 61, 0, 0) * records
