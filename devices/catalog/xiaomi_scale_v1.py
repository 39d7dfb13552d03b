"""Xiaomi Mi Scale and Mi Smart Scale 2: the weight as it stands on it, once it has settled.

Source: the 10-byte record as openScale, miscale.py and mi-scale-2 read it. It looks like a Weight Measurement
(2A9D) with a time, but for bits that are reserved there: what moves, what has settled and what was left
behind would all be results.
"""

from functools import partial

from devices.device import BleMatch, Device
from devices.event import FrameError
from devices.gatt import Fields, uuid
from devices.metrics import BODY_WEIGHT
from devices.reading import Kind
from devices.weighing import WEIGHT
from devices.xiaomi import Standing, StandingDecoder, weight

SERVICE = 0x181D

_POUNDS, _TIME, _JIN, _STABLE, _REMOVED = 1, 1 << 1, 1 << 4, 1 << 5, 1 << 7


def parse(data: bytes) -> Standing:
    """Raises FrameError."""
    fields = Fields(data)
    state = fields.uint(1)
    if not state & _TIME:
        raise FrameError("a weight without a time is none of this scale")
    unit = "lb" if state & _POUNDS else "jin" if state & _JIN else "kg"
    shown, time = weight(unit, fields.uint(2)), fields.date_time()
    fields.end()
    return Standing(unit, bool(state & _STABLE), bool(state & _REMOVED), time, shown)


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    return parse(data).describe()


DEVICE = Device(
    key="xiaomi_scale_v1",
    name="Xiaomi Mi Scale",
    kind=Kind.SCALE,
    match=BleMatch(
        uuid(SERVICE),
        (uuid(WEIGHT),),
        names=("MI_SCALE", "MI SCALE"),
        results_notified=True,
        speaks_in_advert=True,
    ),
    metrics=(BODY_WEIGHT,),
    reference="Xiaomi scale, 10-byte record",
    experimental=True,
    limits="known by its name: no device has confirmed it; what it kept from before is not fetched",
    decoder=partial(StandingDecoder, uuid(WEIGHT), uuid(SERVICE), parse),
    protocols=(("mi_scale_v1", describe),),
)
