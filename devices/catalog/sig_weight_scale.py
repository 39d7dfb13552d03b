"""Any scale that follows the Bluetooth SIG Weight Scale Profile (service 0x181D)."""

from devices.device import BleMatch, Device
from devices.gatt import uuid
from devices.metrics import BODY_FAT, BODY_HEIGHT, BODY_MASS_INDEX, BODY_WEIGHT
from devices.reading import Kind
from devices.weighing import COMPOSITION, WEIGHT, Decoder, describe_weight

SERVICE = 0x181D

DEVICE = Device(
    key="sig_weight_scale",
    name="Bluetooth scale",
    kind=Kind.SCALE,
    match=BleMatch(uuid(SERVICE), (uuid(WEIGHT), uuid(COMPOSITION))),
    metrics=(BODY_WEIGHT, BODY_MASS_INDEX, BODY_HEIGHT, BODY_FAT),
    reference="Bluetooth SIG Weight Scale Service 1.0.1; GATT Specification Supplement",
    any_make=True,
    limits="of a body composition, the fat is recorded; compare the weight with the display once",
    decoder=Decoder,
    protocols=(("weight", describe_weight),),
)
