"""Omron cuffs with the Blood Pressure Profile: EVOLV, BP7000, BP5250, HEM-9200T and many others.

Source: SpeziOmron, hass-omron and openScale, independently: the names, for pairing and for transfer; that
some let their clock be set only when it is off by more than ten minutes. The models that are read out of a
memory of Omron's own announce the same service: they are told by what follows in the name.
"""

from devices.catalog.sig_blood_pressure import MEASUREMENT, SERVICE, Decoder
from devices.device import BleMatch, Device
from devices.gatt import uuid
from devices.metrics import CUFF_PULSE_RATE, DIASTOLIC, MEAN_PRESSURE, SYSTOLIC
from devices.reading import Kind

DEVICE = Device(
    key="omron_cuff",
    name="Omron cuff",
    kind=Kind.CUFF,
    match=BleMatch(
        uuid(SERVICE), (uuid(MEASUREMENT),),
        names=("BLESmart_", "BLEsmart_"),
        clock_tolerance_s=600.0,
    ),
    metrics=(SYSTOLIC, DIASTOLIC, MEAN_PRESSURE, CUFF_PULSE_RATE),
    reference="Bluetooth SIG Blood Pressure Service 1.1.1; SpeziOmron, hass-omron, openScale",
    limits="a model that asks for a passkey is paired on the technician's screen; what it sent once is not "
    "fetched again (RACP)",
    decoder=Decoder,
)  # fmt: skip
