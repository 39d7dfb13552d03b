"""A&D cuffs UA-651BLE and UA-1200BLE: the Blood Pressure Profile, with pauses for their firmware.

Source: A&D's sample application and obniz, independently: the names, the pauses around the clock, the time in
2A08 or 2A2B. What they have not sent yet comes as soon as they are listened to; then they hang up.
"""

from devices.catalog.sig_blood_pressure import MEASUREMENT, SERVICE, Decoder
from devices.device import BleMatch, Device
from devices.gatt import uuid
from devices.metrics import CUFF_PULSE_RATE, DIASTOLIC, MEAN_PRESSURE, SYSTOLIC
from devices.reading import Kind

DEVICE = Device(
    key="and_cuff",
    name="A&D UA-651BLE, UA-1200BLE",
    kind=Kind.CUFF,
    match=BleMatch(
        uuid(SERVICE), (uuid(MEASUREMENT),),
        names=("A&D_UA-651BLE_", "UA-1200BLE_"),
        pauses_s=(("BLP008_d016", 0.04), ("BLP008_d017", 0.04), ("", 0.1)),
    ),
    metrics=(SYSTOLIC, DIASTOLIC, MEAN_PRESSURE, CUFF_PULSE_RATE),
    reference="A&D's sample application; obniz",
    limits="paired while it shows Pr: hold START; only the last host it was paired with gets its results",
    decoder=Decoder,
)  # fmt: skip
