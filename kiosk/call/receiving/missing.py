"""Lost video packets are asked for again and again (RFC 4585 section 6.2.1), each with patience. Pure."""

from dataclasses import dataclass

_PATIENCE_S = 0.010  # out of order is not lost
_AGAIN_MIN_S = 0.040
_AGAIN_FACTOR = 1.2
_TRIES_MAX = 6
_TRACKED_MAX = 400
_OLD_S = 0.5
_RTT_START_S = 0.08
_RTT_WEIGHT = 0.2


@dataclass(slots=True)
class _Packet:
    since_s: float
    asked_s: float = 0.0
    tries: int = 0


class Missing:
    """Which packets have not come, and which to ask for now. Numbers are those of `Sequence`."""

    def __init__(self) -> None:
        self.rtt_s = _RTT_START_S
        self._highest: int | None = None
        self._packets: dict[int, _Packet] = {}

    def __len__(self) -> int:
        return len(self._packets)

    def received(self, sequence: int, now_s: float) -> None:
        """That packet is here; what lies between it and the newest before it is missing."""
        if self._highest is None or sequence - self._highest > _TRACKED_MAX:
            self._packets.clear()
            self._highest = sequence
        for gap in range(self._highest + 1, sequence):
            self._packets[gap] = _Packet(now_s)
        self._highest = max(self._highest, sequence)
        while len(self._packets) > _TRACKED_MAX:
            del self._packets[next(iter(self._packets))]
        found = self._packets.pop(sequence, None)
        if found is not None and found.tries == 1:  # which of several questions was answered is not known
            self.rtt_s += _RTT_WEIGHT * (now_s - found.asked_s - self.rtt_s)

    def forget(self, before: int) -> None:
        """Nobody needs these any more."""
        for sequence in [number for number in self._packets if number < before]:
            del self._packets[sequence]

    def due(self, now_s: float) -> list[int]:
        """The 16-bit numbers to ask for now; they count as asked."""
        again_s = max(self.rtt_s * _AGAIN_FACTOR, _AGAIN_MIN_S)
        wanted = []
        for sequence, packet in list(self._packets.items()):
            if now_s - packet.since_s > _OLD_S:
                del self._packets[sequence]
            elif packet.tries >= _TRIES_MAX:
                continue
            elif now_s >= (packet.asked_s + again_s if packet.tries else packet.since_s + _PATIENCE_S):
                packet.asked_s, packet.tries = now_s, packet.tries + 1
                wanted.append(sequence & 0xFFFF)
        return wanted
