"""Stored records of Bluetooth SIG profiles, by their Record Access Control Point (2A52).

Source: GATT Specification Supplement, Record Access Control Point; Glucose Service 1.0.1, section 3.6.
Only the last record is ever asked for: what was just measured. The others are of other days, and often of
other people.
"""

from devices.event import Event, FrameError
from devices.gatt import Fields, rejected

CONTROL_POINT = 0x2A52
_REPORT, _LAST = 1, 6
REPORT_LAST = bytes((_REPORT, _LAST))

_COUNT, _RESPONSE = 5, 6
_SUCCESS, _NO_RECORDS = 1, 6
_COUNT_SIZES = (2, 4)


def describe(data: bytes) -> dict[str, object]:
    """What a device answers: how many records it has, or how a request went. Raises FrameError."""
    fields = Fields(data)
    opcode, operator = fields.uint(1), fields.uint(1)
    if operator != 0 or opcode not in (_COUNT, _RESPONSE):
        raise FrameError("no answer of a record access control point")
    if opcode == _RESPONSE:
        described: dict[str, object] = {"opcode": opcode, "request": fields.uint(1), "result": fields.uint(1)}
        fields.end()
        return described
    if len(data) - 2 not in _COUNT_SIZES:
        raise FrameError("a count has two or four bytes")
    return {"opcode": opcode, "number": fields.uint(len(data) - 2)}


def answered(data: bytes) -> list[Event]:
    """Nothing, when the records came or there are none. Raises FrameError."""
    result = describe(data).get("result", _SUCCESS)
    if result in (_SUCCESS, _NO_RECORDS):
        return []
    return [rejected(f"the records were refused with {result}", data)]
