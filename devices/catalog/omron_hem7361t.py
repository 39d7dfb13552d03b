"""Omron M7 Intelli IT (HEM-7361T), of which the newest result is read out of its memory.

Sources: omblepy and hass-omron (where what lies, both from units of this model), export2garmin's manual and
ble_monitor's issue 1003 (its advertised name, its services and its advertised data). It announces the service
of the profile all the same.
"""

from functools import partial

from devices.catalog.sig_blood_pressure import SERVICE
from devices.device import BleMatch, Device
from devices.gatt import uuid
from devices.omron_eeprom import (
    ASK,
    CHANNELS,
    UNLOCK,
    describe_advert,
    describe_frame,
    may_send,
    shows_pairing,
)
from devices.omron_records import (
    METRICS,
    Layout,
    describe_clock,
    describe_long,
    describe_short,
    describe_swapped,
)
from devices.omron_talk import Decoder
from devices.reading import Kind

MATCH = BleMatch(
    uuid(SERVICE), (*CHANNELS, UNLOCK),
    names=("BLESmart_00000258", "BLEsmart_00000258"),
    write=ASK, may_send=may_send, shows_pairing=shows_pairing,
    results_notified=True,
)  # fmt: skip
LIMITS = (
    "each user's newest result, and none before; paired once while it shows P: hold its Bluetooth "
    "button; its memory is read, never written: it counts what was read as not fetched; its clock must be "
    "set; of other models the frames are decoded, the memory is not read"
)

DEVICE = Device(
    key="omron_hem7361t",
    name="Omron HEM-7361T (M7 Intelli IT)",
    kind=Kind.CUFF,
    match=MATCH,
    metrics=METRICS,
    reference="omblepy, hass-omron, esphome-omron",
    experimental=True,
    limits=LIMITS,
    decoder=partial(Decoder, Layout(starts=(0x0098, 0x06D8), count=100)),
    protocols=(
        ("omron_frame", describe_frame),
        ("omron_adv", describe_advert),
        ("omron_clock", describe_clock),
        ("omron_7361", describe_long),
        ("omron_7142", describe_short),
        ("omron_7600", describe_swapped),
    ),
)
