"""iHealth's HS3 scale (classic Bluetooth, serial): the weight in the last two bytes, as four decimal digits.

Source: openScale, one source. Its cuffs want a key of the vendor's, which nobody may pass on.
"""

from devices.event import FrameError

_START = bytes((0xA0, 0x09, 0xA6, 0x28))
_BYTES = 11


def describe(data: bytes) -> dict[str, object]:
    """The weight in kg."""
    if len(data) != _BYTES or not data.startswith(_START):
        raise FrameError("not a weight")
    digits = data[-2:].hex()
    if not digits.isdecimal():
        raise FrameError("no decimal digits")
    return {"weight": int(digits) / 10}


PROTOCOLS = (("ihealth_hs3", describe),)
