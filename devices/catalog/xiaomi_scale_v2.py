"""Xiaomi body composition scales: the weight as it stands on it, once it has settled.

Source: the 13-byte record as openScale and hassio-addons read it; Tasmota, pull request 25049.
"""

from dataclasses import dataclass
from functools import partial

from devices.device import BleMatch, Device
from devices.gatt import Fields, uuid
from devices.metrics import BODY_WEIGHT
from devices.reading import Kind
from devices.xiaomi import Standing, StandingDecoder, weight

SERVICE, RECORD = 0x181B, 0x2A9C

_POUNDS = 1
_IMPEDANCE, _STABLE, _JIN, _REMOVED = 1 << 1, 1 << 5, 1 << 6, 1 << 7
_NO_IMPEDANCE = (0, 0xFFFD, 0xFFFE)


@dataclass(frozen=True, slots=True)
class Frame(Standing):
    """`impedance_ohm` None: not measured."""

    impedance_ohm: int | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        fields = Fields(data)
        units, state = fields.uint(1), fields.uint(1)
        unit = "lb" if units & _POUNDS else "jin" if state & _JIN else "kg"
        time, impedance, raw = fields.date_time(), fields.uint(2), fields.uint(2)
        fields.end()
        measured_impedance = state & _IMPEDANCE and impedance not in _NO_IMPEDANCE
        return cls(
            unit, bool(state & _STABLE), bool(state & _REMOVED), time, weight(unit, raw),
            impedance if measured_impedance else None,
        )  # fmt: skip


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    frame = Frame.parse(data)
    return frame.describe() | {"impedance": frame.impedance_ohm}


DEVICE = Device(
    key="xiaomi_scale_v2",
    name="Xiaomi body composition scale",
    kind=Kind.SCALE,
    match=BleMatch(
        uuid(SERVICE), (uuid(RECORD),), names=("MIBCS", "MIBFS"), results_notified=True, speaks_in_advert=True
    ),
    metrics=(BODY_WEIGHT,),
    reference="Xiaomi scale, 13-byte record",
    experimental=True,
    limits="the weight is read, not what it makes of its impedance; its advertised names are not certain",
    decoder=partial(StandingDecoder, uuid(RECORD), uuid(SERVICE), Frame.parse),
    protocols=(("mi_scale_v2", describe),),
)
