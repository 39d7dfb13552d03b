"""Video packets become whole pictures, in order, each one decodable; or a key picture is asked for. Pure.

A picture leaves with its last packet (the marker bit: RFC 6184 section 5.1, RFC 7741 section 4.1).
After a gap nothing is shown until a key picture: a picture built on a missing one is garbage.
"""

from dataclasses import dataclass

from kiosk.call.receiving.key_pictures import begins_key, is_key
from kiosk.call.receiving.missing import Missing
from kiosk.call.receiving.sequence import Sequence

_PACKETS_MAX = 1024
_GIVE_UP_S = 0.45
_PLI_AGAIN_S = 0.5
_PLI_FIRST_S = 0.3
# On a line with a long queue, many questions would bring many key pictures and lengthen it.
_PLI_SLOWER, _PLI_AGAIN_MAX_S = 1.5, 2.0
_ALIVE_S = 1.0


@dataclass(frozen=True, slots=True)
class VideoPacket:
    """`data` is depayloaded; `codec` is "H264" or "VP8"."""

    number: int
    timestamp: int
    marker: bool
    data: bytes
    codec: str
    arrived_s: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture; `timestamp` as in RTP (32 bits, 90 kHz)."""

    data: bytes
    timestamp: int
    codec: str


class PictureBuffer:
    """`put` what arrives, `pop` while it gives pictures; ask `wants_key` and `missing.due` now and then."""

    def __init__(self) -> None:
        self.missing = Missing()
        self.skipped = 0  # gaps given up
        self._sequence = Sequence()
        self._packets: dict[int, VideoPacket] = {}
        self._head: int | None = None  # the next packet to leave; None: any that begins a key picture
        self._asked_s: float | None = None
        self._arrived_s: float | None = None
        self._key_left = False
        self._again_s = _PLI_AGAIN_S

    def put(self, packet: VideoPacket) -> None:
        sequence = self._sequence.extend(packet.number)
        if sequence is None:
            return
        if self._asked_s is None:
            self._asked_s = packet.arrived_s - _PLI_AGAIN_S + _PLI_FIRST_S
        self._arrived_s = packet.arrived_s
        self.missing.received(sequence, packet.arrived_s)
        if self._head is not None and sequence < self._head:
            return
        self._packets[sequence] = packet
        if len(self._packets) > _PACKETS_MAX or sequence - min(self._packets) > _PACKETS_MAX:
            self.broken()
            self._packets = {sequence: packet}
        if self._head is None:
            self._seek()

    def _seek(self) -> None:
        """Begin at the newest key picture; what comes before it is useless."""
        starts = (n for n, packet in self._packets.items() if begins_key(packet.codec, packet.data))
        head = max(starts, default=None)
        if head is not None:
            self._start_at(head)

    def _start_at(self, head: int) -> None:
        self._head, self._key_left = head, False
        self._packets = {n: packet for n, packet in self._packets.items() if n >= head}
        self.missing.forget(head)

    def broken(self) -> None:
        """What was decoded last is not good to build on: go on with a key picture."""
        self._head, self._key_left = None, False

    def pop(self) -> Picture | None:
        """The next whole picture, if it is here."""
        while (found := self._whole()) is not None:
            if not found.data:
                continue  # an empty packet means "the end" to a decoder
            if self._key_left or is_key(found.codec, found.data):
                self._key_left, self._again_s = True, _PLI_AGAIN_S
                return found
            self.broken()
            self._seek()
        return None

    def _whole(self) -> Picture | None:
        if self._head is None:
            return None
        first = self._packets.get(self._head)
        parts: list[bytes] = []
        at = self._head
        while first is not None and (packet := self._packets.get(at)) is not None:
            if packet.timestamp != first.timestamp:
                return self._leave(first, at, parts)
            parts.append(packet.data)
            at += 1
            if packet.marker:
                return self._leave(first, at, parts)
        return None

    def _leave(self, first: VideoPacket, end: int, parts: list[bytes]) -> Picture:
        for sequence in range(self._head or 0, end):
            del self._packets[sequence]
        self._head = end
        return Picture(b"".join(parts), first.timestamp, first.codec)

    def expire(self, now_s: float) -> None:
        """Give up a gap that is too old."""
        if self._head is None:
            self._keep_after(-1, now_s - _GIVE_UP_S)
            return
        gap = self._head
        while gap in self._packets:
            gap += 1
        behind = [packet.arrived_s for n, packet in self._packets.items() if n > gap]
        # Nothing behind it: no gap, but a large picture on a slow line, which must be let finish.
        if behind and now_s - min(behind) > _GIVE_UP_S:
            self.skipped += 1
            self._keep_after(gap)
            self.missing.forget(gap + 1)
            self.broken()
            self._seek()

    def _keep_after(self, gap: int, since_s: float = 0.0) -> None:
        kept = {n: p for n, p in self._packets.items() if n > gap and p.arrived_s >= since_s}
        self._packets = kept

    @property
    def waits(self) -> bool:
        """Something has come and cannot leave, or a key picture must come: look again soon.

        Not only what is known as missing: of a long gap no list is kept.
        """
        return bool(self._packets) or self.needs_key or len(self.missing) > 0

    @property
    def needs_key(self) -> bool:
        """Whether there is nothing to show and nothing to wait for but a key picture."""
        return self._arrived_s is not None and self._head is None

    def wants_key(self, now_s: float) -> bool:
        """Whether to ask for a key picture now; counts as asked. At most one question per half second."""
        alive = self._arrived_s is not None and now_s - self._arrived_s < _ALIVE_S
        if not alive or not self.needs_key or self._asked_s is None or now_s - self._asked_s < self._again_s:
            return False
        self._asked_s, self._again_s = now_s, min(self._again_s * _PLI_SLOWER, _PLI_AGAIN_MAX_S)
        return True
