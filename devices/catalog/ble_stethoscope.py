"""A stethoscope board that notifies its samples by Bluetooth: as `serial_stethoscope`, in values of any size.

By default in the characteristic in which Nordic's serial service gives what a board says. Boards that want a
command first are not served, for none is ever sent: Cardiart's application knows commands that start and stop
the board, and sound in 6e400009 of that service (single source; how it is coded is not known).
"""

from devices.device import Device, PcmMatch
from devices.reading import Kind

DEVICE = Device(
    key="ble_stethoscope",
    name="Bluetooth stethoscope board",
    kind=Kind.STETHOSCOPE,
    match=PcmMatch(rate_hz=4000, characteristic="6e400003-b5a3-f393-e0a9-e50e24dcca9e"),
    metrics=(),
    reference="16-bit linear PCM, little-endian, in a notified characteristic; no public protocol is known",
    experimental=True,
    limits="no make is known to speak so; it is neither told to start nor paired with; a loss of less than "
    "60 ms is not noticed",
)
