"""Commands and answers of Suear's otoscopes (Wi-Fi, UDP, unencrypted: the kiosk uses none of them).

Source: Suear-Web-Viewer, one source.
"""

from devices.event import FrameError

_MAGIC = bytes.fromhex("eeffeeff")
_HEAD = 12  # magic, id, type, 1, error, length


def describe(data: bytes) -> dict[str, object]:
    if len(data) < _HEAD or not data.startswith(_MAGIC):
        raise FrameError("not a command")
    number, kind, length = (int.from_bytes(data[at : at + 2], "little") for at in (4, 6, 10))
    if len(data) != _HEAD + length:
        raise FrameError("not as long as it says")
    return {"id": number, "type": kind, "len": length}


PROTOCOLS = (("suear_cmd", describe),)
