"""A&D thermometer UT-201BLE: the Health Thermometer Profile, with pauses for its firmware.

Source: A&D's sample application and obniz, independently.
"""

from devices.catalog.sig_thermometer import MEASUREMENT, SERVICE, Decoder
from devices.device import BleMatch, Device
from devices.gatt import uuid
from devices.metrics import BODY_TEMPERATURE
from devices.reading import Kind

DEVICE = Device(
    key="and_thermometer",
    name="A&D UT-201BLE",
    kind=Kind.THERMOMETER,
    match=BleMatch(
        uuid(SERVICE), (uuid(MEASUREMENT),),
        names=("A&D_UT201BLE",),
        pauses_s=(("HTP008_134", 0.04), ("", 0.1)),
    ),
    metrics=(BODY_TEMPERATURE,),
    reference="A&D's sample application; obniz",
    limits="only the last host it was paired with gets its results",
    decoder=Decoder,
)  # fmt: skip
