"""Any scale that follows the Bluetooth SIG Body Composition Profile (service 0x181B)."""

from devices.device import BleMatch, Device
from devices.gatt import uuid
from devices.metrics import BODY_FAT, BODY_HEIGHT, BODY_MASS_INDEX, BODY_WEIGHT
from devices.reading import Kind
from devices.weighing import COMPOSITION, WEIGHT, Decoder, describe_composition

SERVICE = 0x181B

DEVICE = Device(
    key="sig_body_composition",
    name="Bluetooth body composition scale",
    kind=Kind.SCALE,
    match=BleMatch(uuid(SERVICE), (uuid(COMPOSITION), uuid(WEIGHT))),
    metrics=(BODY_WEIGHT, BODY_HEIGHT, BODY_MASS_INDEX, BODY_FAT),
    reference="Bluetooth SIG Body Composition Service 1.0; GATT Specification Supplement",
    any_make=True,
    experimental=True,
    limits="weight, height and fat are recorded, its other estimates are described",
    decoder=Decoder,
    protocols=(("body_composition", describe_composition),),
)
