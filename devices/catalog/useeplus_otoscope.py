"""Ear scopes and other endoscopes that are no UVC cameras: "Geek szitman supercamera", com.useeplus.protocol.

Sources: hbens/geek-szitman-supercamera (descriptors, start, packets, button), and others that read such a
camera themselves: jerometerry/useeplus, xylophoneengine/Useeplus-Desktop, MAkcanca/useeplus-linux-driver.

A packet is one bulk transfer: AA BB, a stream (7 or 11: both carry pictures), how many bytes follow, the
number of the picture, the lens, flags (bit 1: the button is down), the gravity sensor, and a piece of a JPEG.
Some cameras send old memory behind the packet, with whole headers in it: only the beginning of a transfer
counts.
"""

import struct
from dataclasses import dataclass

from devices import jpeg
from devices.device import Device
from devices.event import Event, FrameError, Rejected
from devices.pictures import BulkCameraMatch, Pressed
from devices.reading import Kind

HELLO, START = bytes.fromhex("ff55ff55ee10"), bytes.fromhex("bbaa050000")
LONGEST_BYTES = 192 * 1024  # of a picture
MOST_PIXELS = 1280 * 960
_MAGIC, _STREAMS = b"\xaa\xbb", (7, 11)
_HEAD, _CAMERA = struct.Struct("<2sBH"), struct.Struct("<BBBI")
_BUTTON, _HAS_GRAVITY = 0x02, 0x01
_EVIDENCE_BYTES = 64


def _head(data: bytes) -> tuple[int, int]:
    """The stream, and how many bytes follow. Raises FrameError."""
    if len(data) < _HEAD.size or not data.startswith(_MAGIC):
        raise FrameError("not a packet of this camera")
    _, stream, length = _HEAD.unpack_from(data)
    if stream not in _STREAMS:
        raise FrameError(f"an unknown stream: {stream}")
    return stream, length


@dataclass(frozen=True, slots=True)
class Packet:
    """`number`: of the picture that `piece` is a part of, counted to 255."""

    stream: int
    number: int
    lens: int
    flags: int
    gravity: int
    piece: bytes

    @classmethod
    def parse(cls, data: bytes) -> "Packet":
        """Without what lies behind it. Raises FrameError."""
        stream, length = _head(data)
        end = _HEAD.size + length
        if length < _CAMERA.size or end > len(data):
            raise FrameError(f"{length} bytes were to follow, and {len(data) - _HEAD.size} did")
        number, lens, flags, gravity = _CAMERA.unpack_from(data, _HEAD.size)
        return cls(stream, number, lens, flags, gravity, data[_HEAD.size + _CAMERA.size : end])

    @property
    def is_pressed(self) -> bool:
        return bool(self.flags & _BUTTON)


class Decoder:
    """Is fed transfers. A picture is over where a packet ends with its end, or where the next one begins.

    One that lost a part on the way is not told. Nothing says that a whole packet is missing: such a picture
    is told if its beginning and its end are there.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._number: int | None = None
        self._is_down = False

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """One transfer."""
        try:
            packet = Packet.parse(data)
        except FrameError as error:
            self._held.clear()
            return [_rejected(error, data)]
        return [*self._button(packet.is_pressed), *self._piece(packet)]

    def _button(self, is_down: bool) -> list[Event]:
        was_down, self._is_down = self._is_down, is_down
        return [Pressed()] if is_down and not was_down else []

    def _piece(self, packet: Packet) -> list[Event]:
        events = [] if packet.number == self._number else self._end()
        self._number = packet.number
        self._held += packet.piece
        if self._held.endswith(jpeg.END) or len(self._held) > LONGEST_BYTES:
            events += self._end()
        return events

    def _end(self) -> list[Event]:
        held, self._held = bytes(self._held), bytearray()
        if not held:
            return []
        try:
            return [jpeg.picture(held, MOST_PIXELS)]
        except FrameError as error:
            return [_rejected(error, held)]


def _rejected(error: FrameError, data: bytes) -> Rejected:
    return Rejected(str(error), data[:_EVIDENCE_BYTES])


def describe_head(data: bytes) -> dict[str, object]:
    """Of five bytes. Raises FrameError."""
    stream, length = _head(data)
    if len(data) != _HEAD.size:
        raise FrameError("more than the header")
    return {"cid": stream, "len": length}


def describe_packet(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    packet = Packet.parse(data)
    return {
        "cid": packet.stream, "fid": packet.number, "cam": packet.lens, "button": packet.is_pressed,
        "g": packet.gravity if packet.flags & _HAS_GRAVITY else None, "jpeg": len(packet.piece),
    }  # fmt: skip


DEVICE = Device(
    key="useeplus_otoscope",
    name="Useeplus otoscope",
    kind=Kind.OTOSCOPE,
    match=BulkCameraMatch(
        usb_ids=((0x2CE3, 0x3828), (0x0329, 0x2022)), interfaces=((0, 0), (1, 1)),
        start=((0x02, HELLO), (0x01, START)), picture_endpoint=0x81, transfer_bytes=1024,
    ),
    metrics=(),
    reference="hbens/geek-szitman-supercamera; jerometerry/useeplus",
    experimental=True,
    limits=(
        "640 x 480, about 16 pictures a second; its gravity sensor is not used; of two lenses the one that "
        "it sends is shown, and the long press that changes the lens holds a picture as well; where the "
        "camera skipped a packet its picture is shown as it came"
    ),
    decoder=Decoder,
    protocols=(("supercam_hdr", describe_head), ("supercam_packet", describe_packet)),
)  # fmt: skip
