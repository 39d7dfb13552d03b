"""Nonin sensor cables that were told to stream data format 7: as format 2, with a wave of sixteen bits.

Source: Nonin 9560 OEM specification 6470-000-01. The format stays in the memory of the cable: whoever had it
before may have set it.
"""

from functools import partial

from devices.catalog.nonin_xpod import Decoder
from devices.device import Device, SerialMatch
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.nonin import Frame, describe_format_7, framer_7
from devices.reading import Kind

DEVICE = Device(
    key="nonin_xpod_7",
    name="Nonin Xpod (format 7)",
    kind=Kind.OXIMETER,
    match=SerialMatch(usb_ids=((0x0403, 0x6001),), baud=9600),
    metrics=(SPO2, PULSE_RATE, PLETH),
    reference="Nonin 9560 OEM specification 6470-000-01, data format 7",
    experimental=True,
    limits="its frames are constructed from the specification; its USB bridge is one that many devices have",
    decoder=partial(Decoder, framer_7, Frame.format_7),
    protocols=(("nonin_df7", describe_format_7),),
)
