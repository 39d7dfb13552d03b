"""aiortc releases a picture when the next one begins, a frame late. The RTP marker bit says it is whole."""

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer, JitterFrame

_ATTRIBUTE = "_RTCRtpReceiver__jitter_buffer"
_CAPACITY = 512


class MarkerJitterBuffer(JitterBuffer):
    """Releases a picture with its last packet (RFC 6184 section 5.1, RFC 7741 section 4.1)."""

    def __init__(self) -> None:
        super().__init__(capacity=_CAPACITY, is_video=True)

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        if self._origin is None:
            return None
        parts: list[bytes] = []
        timestamp: int | None = None
        for count in range(self.capacity):
            packet = self._packets[(self._origin + count) % self.capacity]
            if packet is None:
                return None
            if timestamp is not None and packet.timestamp != timestamp:
                self.remove(count)
                return JitterFrame(data=b"".join(parts), timestamp=timestamp)
            timestamp = packet.timestamp
            parts.append(packet._data)  # type: ignore[attr-defined]
            if packet.marker:
                self.remove(count + 1)
                return JitterFrame(data=b"".join(parts), timestamp=timestamp)
        return None


def release_on_marker(receiver: RTCRtpReceiver) -> None:
    """Give a video receiver this buffer, before it receives."""
    if not hasattr(receiver, _ATTRIBUTE):
        raise AttributeError(f"this aiortc has no {_ATTRIBUTE}")
    setattr(receiver, _ATTRIBUTE, MarkerJitterBuffer())
