"""Scan reports of personal health devices over USB or classic Bluetooth, as they are sent: big-endian.

Source: IEEE 11073-20601, data APDUs (A.10) and scan reports with a fixed format (A.11.5); what each
observation is, only the device's configuration tells, so values are read by their size alone.
"""

from dataclasses import dataclass

from devices.event import FrameError
from devices.ieee11073 import float32, json_number, sfloat

_DATA_APDU, _EVENT_REPORTS = 0xE700, (0x0100, 0x0101)  # unconfirmed, confirmed
_FOR_ONE, _FOR_SEVERAL = (3357, 3363), (3359, 3366)
_TIME_BYTES = 8
_LIST = 4  # how many, how long
_FEWEST_IN_A_LIST = 3  # a blood pressure's; a shorter one is as long as other things are


@dataclass(slots=True)
class _Reader:
    data: bytes

    def take(self, size: int) -> bytes:
        """Raises FrameError."""
        if len(self.data) < size:
            raise FrameError("it ends too early")
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")


def describe(data: bytes) -> dict[str, object]:
    reader = _Reader(data)
    if reader.u16() != _DATA_APDU or reader.u16() != len(reader.data) or reader.u16() != len(reader.data):
        raise FrameError("not a data APDU, or not as long as it says")
    reader.take(2)  # the number of the invocation
    if reader.u16() not in _EVENT_REPORTS:
        raise FrameError("not an event report")
    reader.take(2 + 2 + 4)  # the length, the object, the relative time
    event = reader.u16()
    if event not in _FOR_ONE + _FOR_SEVERAL:
        raise FrameError(f"not a scan report with a fixed format: {event}")
    reader.take(2 + 2 + 2)  # the length, the request, the number of the report
    return {"event": event} | _observations(reader, event in _FOR_SEVERAL)


def _observations(reader: _Reader, several: bool) -> dict[str, object]:
    """Of the first person."""
    person: dict[str, object] = {}
    if several:
        reader.take(_LIST)
        person = {"person": reader.u16()}
    count = reader.u16()
    reader.take(2)
    return person | {"obs": [_observation(reader) for _ in range(count)]}


def _observation(reader: _Reader) -> list[object]:
    """Its handle, its value, and its absolute time as decimal digits."""
    handle = reader.u16()
    content = reader.take(reader.u16())
    if len(content) <= _TIME_BYTES:
        raise FrameError("an observation without a value, or without a time")
    return [handle, _value(content[:-_TIME_BYTES]), content[-_TIME_BYTES:].hex()]


def _value(value: bytes) -> object:
    if len(value) == 2:
        return json_number(sfloat(value[::-1]))
    if len(value) == 4:
        return json_number(float32(value[::-1]))
    count, length = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:4], "big")
    if count >= _FEWEST_IN_A_LIST and length == 2 * count == len(value) - _LIST:
        return [json_number(sfloat(value[at : at + 2][::-1])) for at in range(_LIST, len(value), 2)]
    return value.hex()


PROTOCOLS = (("phd_obs", describe),)
