"""A stethoscope board at a USB serial port: nothing but samples, from when the port is opened on.

No such protocol is published, so this is the plainest that firmware can speak: signed, 16 bits,
little-endian, one channel, no frames, at a constant rate of 4 kHz or more. `drivers/pcm_bytes.py` and
`drivers/pcm_pace.py` say what can be known of such bytes, and what cannot.
"""

from devices.device import Device, PcmMatch
from devices.reading import Kind

DEVICE = Device(
    key="serial_stethoscope",
    name="Serial stethoscope board",
    kind=Kind.STETHOSCOPE,
    match=PcmMatch(rate_hz=4000, baud=115200),
    metrics=(),
    reference="16-bit linear PCM, little-endian; no public protocol is known",
    experimental=True,
    limits="no make is known to speak so; a loss of less than 60 ms is not noticed, nor a lost byte in sound "
    "near full level above some 200 Hz",
)
