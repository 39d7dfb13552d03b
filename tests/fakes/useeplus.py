"""What a "supercamera" (com.useeplus.protocol) says and hears, whatever carries it.

Written from hbens/geek-szitman-supercamera and xylophoneengine/Useeplus-Desktop, not from our decoder.
"""

import struct

HELLO, START = b"\xff\x55\xff\x55\xee\x10", b"\xbb\xaa\x05\x00\x00"
PACKET_BYTES, TRANSFER_BYTES = 944, 1024
PICTURE_ENDPOINT, COMMAND_ENDPOINT, ACCESSORY_ENDPOINT = 0x81, 0x01, 0x02
_HEADS_BYTES = 12


def packet(number: int, piece: bytes, *, stream: int = 7, lens: int = 0, flags: int = 0) -> bytes:
    body = struct.pack("<BBBI", number & 0xFF, lens, flags, 0x24303360) + piece
    return struct.pack("<HBH", 0xBBAA, stream, len(body)) + body


def packets(jpeg: bytes, number: int, pressed: bool = False) -> list[bytes]:
    """A picture in pieces: the last one on the stream 7, the others on 11."""
    size = PACKET_BYTES - _HEADS_BYTES
    pieces = [jpeg[at : at + size] for at in range(0, len(jpeg), size)]
    flags = 2 if pressed else 0
    *most, last = pieces
    sent = [packet(number, piece, stream=11, flags=flags) for piece in most]
    return [*sent, packet(number, last, flags=flags)]


class Padded:
    """The way of 0329:2022: transfers of one size, the rest of each being what was sent before."""

    def __init__(self) -> None:
        self._memory = bytes(TRANSFER_BYTES)

    def transfer(self, sent: bytes) -> bytes:
        padded = sent + self._memory[: TRANSFER_BYTES - len(sent)]
        self._memory = sent[: TRANSFER_BYTES - len(sent)] + self._memory
        return padded


class Ears:
    """What the host has told it. It sends pictures once it was told in order, in its second setting, until a
    setting is chosen again.
    """

    def __init__(self) -> None:
        self.written: list[tuple[int, bytes]] = []
        self.settings: dict[int, int] = {}
        self.cleared: list[int] = []
        self._greeted = self.streaming = False

    def select(self, interface: int, setting: int) -> None:
        self.settings[interface] = setting
        self._greeted = self.streaming = False

    def hear(self, endpoint: int, data: bytes) -> None:
        self.written.append((endpoint, data))
        if (endpoint, data) == (ACCESSORY_ENDPOINT, HELLO):
            self._greeted = True
        elif (endpoint, data) == (COMMAND_ENDPOINT, START):
            self.streaming = self._greeted and self.settings == {1: 1}
