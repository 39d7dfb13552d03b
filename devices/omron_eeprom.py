"""The service over which Omron's older cuffs let their memory be read: its frames, and all that is ever sent.

Sources: omblepy (channels, frames, key), hass-omron and esphome-omron (answers, result codes,
advertisements), and a capture of the maker's own application (omblepy, issue 57). A frame: its length, a type
and an address (big-endian), a size, the data, a result code, and what makes the xor of all bytes 0. The
cuff's come over four channels, 16 bytes over each. The host has four as well, but whatever is sent from here
has eight bytes: one is used. Type 01C0 writes the memory, where the calibration lies too: nothing here makes
such a frame, and nothing lets it through (docs/decisions/0022).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor

from devices.event import FrameError, Send

UNLOCK = "b305b680-aee7-11e1-a730-0002a5d5c51b"
ASK = "db5b55e0-aee7-11e1-965e-0002a5d5c51b"
CHANNELS = (
    "49123040-aee8-11e1-a74d-0002a5d5c51b",
    "4d0bf320-aee8-11e1-a0d9-0002a5d5c51b",
    "5128ce60-aee8-11e1-b84b-0002a5d5c51b",
    "560f1420-aee8-11e1-8184-0002a5d5c51b",
)

# The key protects nothing: it is here for all to read. It tells a cuff that this is no stranger's telephone.
_KEY = b"Telecabine kiosk"
IS_ENCRYPTED, SET_KEY, SHOW_KEY = b"\x02" + bytes(16), b"\x00" + _KEY, b"\x01" + _KEY

START, END = bytes.fromhex("0800000000100018"), bytes.fromhex("080f000000000007")
_READ = bytes.fromhex("080100")
_EMPTY = 8  # bytes of a frame without data
_PIECE = 16
ANSWERED, READ, ENDED = 0x8000, 0x8100, 0x8F00

_COMPANY = 0x020E
_LEGACY, _SLOT = 1, 3  # the format of the advertised data, and its bytes for each user


def read(address: int, size: int) -> bytes:
    """Ask for `size` bytes of the memory. No other command has an address."""
    body = _READ + address.to_bytes(2, "big") + bytes((size, 0))
    return body + bytes((reduce(xor, body),))


def may_send(sent: Send, pairing: bool) -> bool:
    """Questions alone; and the key, once the cuff shows its pairing mode."""
    if sent.to == UNLOCK:
        return sent.command == SHOW_KEY or (pairing and sent.command in (IS_ENCRYPTED, SET_KEY))
    return sent.to == ASK and (sent.command in (START, END) or _is_read(sent.command))


def _is_read(command: bytes) -> bool:
    return len(command) == _EMPTY and command == read(int.from_bytes(command[3:5], "big"), command[5])


@dataclass(frozen=True, slots=True)
class Frame:
    """`result`: 0, or why it was refused."""

    type: int
    address: int
    size: int
    data: bytes
    result: int

    @classmethod
    def parse(cls, frame: bytes) -> "Frame":
        """A question or an answer. Raises FrameError."""
        if len(frame) < _EMPTY or len(frame) != frame[0]:
            raise FrameError("not a frame")
        if reduce(xor, frame):
            raise FrameError("wrong checksum")
        data, size = frame[6:-2], frame[5]
        if data and len(data) != size:
            raise FrameError("not as long as it says")
        kind, address = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
        found = cls(kind, address, size, data, frame[-2])
        if found.type == READ and size and not data and not found.result:
            raise FrameError("without its data")
        return found

    def answers(self, command: bytes) -> bool:
        """Whether it is about this question."""
        asked = int.from_bytes(command[1:3], "big"), int.from_bytes(command[3:5], "big")
        return (self.type ^ ANSWERED, self.address) == asked


class Pieces:
    """Puts a frame together. The first channel begins one: what was half there is void."""

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}

    def put(self, channel: int, piece: bytes) -> bytes | None:
        """The frame, once the last of its pieces is there. Raises FrameError."""
        if channel == 0:
            self._held.clear()
        self._held[channel] = piece[:_PIECE]
        if not self._held.get(0):
            return None
        size = self._held[0][0]
        needed = range(-(-size // _PIECE))
        if len(needed) > len(CHANNELS):
            self._held.clear()
            raise FrameError("longer than its channels carry")
        if not all(each in self._held for each in needed):
            return None
        frame = b"".join(self._held[each] for each in needed)[:size]
        self._held.clear()
        return frame


@dataclass(frozen=True, slots=True)
class Advert:
    """What a cuff says of itself to everybody. `slots`: of each user, the last record's number, how many."""

    users: int
    time_not_set: bool
    pairing: bool
    streaming: bool
    bt_standard: bool
    slots: list[list[int]]

    @classmethod
    def parse(cls, data: bytes) -> "Advert":
        """The maker's data, without its company number. Raises FrameError."""
        if len(data) < 2 or data[0] != _LEGACY:
            raise FrameError("not the data of a cuff")
        flags = data[1]
        users = (flags & 3) + 1
        if len(data) != 2 + users * _SLOT:
            raise FrameError(f"not the data of {users} users")
        slots = [
            [int.from_bytes(data[at : at + 2], "little"), data[at + 2]] for at in range(2, len(data), _SLOT)
        ]
        time_not_set, pairing, streaming, bt_standard = (bool(flags >> bit & 1) for bit in range(2, 6))
        return cls(users, time_not_set, pairing, streaming, bt_standard, slots)


def shows_pairing(name: str, maker_data: Mapping[int, bytes]) -> bool:
    """By its name, which is another one then, and unless its own data says otherwise."""
    said = maker_data.get(_COMPANY)
    try:
        return name.startswith("BLEsmart_") and (said is None or Advert.parse(said).pairing)
    except FrameError:
        return False


def describe_frame(data: bytes) -> dict[str, object]:
    """For `telecabine devices decode`. Raises FrameError."""
    found = Frame.parse(data)
    return {"type": found.type, "addr": found.address, "size": found.size, "data": found.data.hex()}


def describe_advert(data: bytes) -> dict[str, object]:
    """With its company number, as it is on air. Raises FrameError."""
    if int.from_bytes(data[:2], "little") != _COMPANY:
        raise FrameError("not Omron's")
    found = Advert.parse(data[2:])
    return {name: getattr(found, name) for name in Advert.__slots__}
