"""A&D scale UC-352BLE: the Weight Scale Profile, with pauses for its firmware.

Source: A&D's sample application and obniz, independently.
"""

from devices.catalog.sig_weight_scale import SERVICE
from devices.device import BleMatch, Device
from devices.gatt import uuid
from devices.metrics import BODY_HEIGHT, BODY_MASS_INDEX, BODY_WEIGHT
from devices.reading import Kind
from devices.weighing import WEIGHT, Decoder

DEVICE = Device(
    key="and_scale",
    name="A&D UC-352BLE",
    kind=Kind.SCALE,
    match=BleMatch(
        uuid(SERVICE), (uuid(WEIGHT),),
        names=("A&D_UC-352BLE_",),
        pauses_s=(("CWSP008_108", 0.04), ("CWSP008_110", 0.04), ("WSP001_201", 0.04), ("", 0.1)),
    ),
    metrics=(BODY_WEIGHT, BODY_MASS_INDEX, BODY_HEIGHT),
    reference="A&D's sample application; obniz",
    limits="only the last host it was paired with gets its results; A&D's older weight service is not read",
    decoder=Decoder,
)  # fmt: skip
