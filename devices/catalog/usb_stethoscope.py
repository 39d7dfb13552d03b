"""An electronic stethoscope on a USB sound input (USB Audio Class 1.0), or on a sound card named after it.

Recognised by a word in the description that the sound server gives; most are generic USB audio chips whose id
says nothing. Recorded at the device's own rate as the sound server tells it (at most 48 kHz), mono, without
gain control and without noise suppression.
"""

from devices.device import AudioMatch, Device
from devices.reading import Kind

DEVICE = Device(
    key="usb_stethoscope",
    name="USB stethoscope",
    kind=Kind.STETHOSCOPE,
    match=AudioMatch(name_words=("stethoscope", "thinklabs")),
    metrics=(),
    reference="USB Device Class Definition for Audio Devices 1.0",
)
