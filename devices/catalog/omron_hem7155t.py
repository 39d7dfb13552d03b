"""Omron M4 Intelli IT (HEM-7155T), of which the newest result is read out of its memory.

Sources: omblepy (where what lies, from a HEM-7155T-EBK) and hass-omron; its advertised name is from one
application only. Its successors of the same name have another service, another memory and other names.
"""

from dataclasses import replace
from functools import partial

from devices.catalog import omron_hem7361t
from devices.device import Device
from devices.omron_records import METRICS, Layout
from devices.omron_talk import Decoder
from devices.reading import Kind

DEVICE = Device(
    key="omron_hem7155t",
    name="Omron HEM-7155T (M4 Intelli IT)",
    kind=Kind.CUFF,
    match=replace(omron_hem7361t.MATCH, names=("BLESmart_00000264", "BLEsmart_00000264")),
    metrics=METRICS,
    reference="omblepy, hass-omron",
    experimental=True,
    limits=f"{omron_hem7361t.LIMITS}; its advertised name is one source's word",
    decoder=partial(Decoder, Layout(starts=(0x0098, 0x0458), count=60)),
)
