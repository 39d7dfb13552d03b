"""Beurer BM85: the Blood Pressure Profile but for its pulse and status, and a user that its flags leave out.

Source: captures in the tests of derdilla/blood-pressure-monitor-fl; that its pulse is big-endian is also what
an independent reader of its memory found. No frame with other flags has been seen.
"""

from functools import partial

from devices.catalog.sig_blood_pressure import INTERMEDIATE, MEASUREMENT, SERVICE, Decoder, Frame
from devices.device import BleMatch, Device
from devices.event import FrameError
from devices.gatt import Fields, uuid
from devices.ieee11073 import sfloat
from devices.metrics import CUFF_PRESSURE, CUFF_PULSE_RATE, DIASTOLIC, MEAN_PRESSURE, SYSTOLIC
from devices.reading import Kind

_FLAGS = 0x56  # mmHg; a time stamp, a pulse rate and a status follow


def parse(data: bytes) -> Frame:
    """Raises FrameError."""
    fields = Fields(data)
    flags = fields.uint(1)
    if flags != _FLAGS:
        raise FrameError(f"flags {flags:02X}")
    frame = Frame(
        unit="mmHg",
        pressures=(fields.sfloat(), fields.sfloat(), fields.sfloat()),
        time=fields.date_time(),
        pulse=sfloat(fields.take(2)[::-1]),
        user=fields.uint(1),
        status=int.from_bytes(fields.take(2), "big"),
    )
    fields.end()
    return frame


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    described = parse(data).describe("sys", "dia", "map")
    del described["unit"]  # always mmHg
    return described


DEVICE = Device(
    key="beurer_bm85",
    name="Beurer BM85",
    kind=Kind.CUFF,
    match=BleMatch(uuid(SERVICE), (uuid(MEASUREMENT), uuid(INTERMEDIATE)), names=("Beurer BM85",)),
    metrics=(SYSTOLIC, DIASTOLIC, MEAN_PRESSURE, CUFF_PULSE_RATE, CUFF_PRESSURE),
    reference="captures of a BM85",
    experimental=True,
    limits="it gives no mean pressure; it sends its whole memory, of both users",
    decoder=partial(Decoder, parse),
    protocols=(("beurer_bm85", describe),),
)
