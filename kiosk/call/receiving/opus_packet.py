"""What an Opus packet says of itself without decoding it: RFC 6716 sections 3.1, 3.2 and 4.2.3. Pure."""

from drivers.chunks import RATE_HZ

# Durations by configuration, in samples at 48 kHz (table 2): SILK, hybrid, CELT.
_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
_FIRST_HYBRID, _FIRST_CELT = 12, 16
PACKET_MAX = RATE_HZ * 120 // 1000


def _frame_samples(toc: int) -> int:
    config = toc >> 3
    if config >= _FIRST_CELT:
        return _CELT[config & 3]
    return _HYBRID[config & 1] if config >= _FIRST_HYBRID else _SILK[config & 3]


def _frames(packet: bytes) -> int:
    code = packet[0] & 3
    if code < 3:
        return 1 if code == 0 else 2
    return packet[1] & 0x3F if len(packet) > 1 else 0


def duration(packet: bytes) -> int:
    """How much sound it holds, in samples at 48 kHz; 0 for what cannot be Opus."""
    if not packet:
        return 0
    samples = _frame_samples(packet[0]) * _frames(packet)
    return samples if samples <= PACKET_MAX else 0


def copied(packet: bytes) -> int:
    """How many samples before it, it holds a second time (LBRR, section 4.2.3): a frame's length, or 0."""
    at = _first_frame(packet)
    if at is None or at >= len(packet) or packet[0] >> 3 >= _FIRST_CELT:
        return 0
    # The first bits: for each 20 ms a voice flag, then one flag for LBRR; the second channel after the first.
    samples = _frame_samples(packet[0])
    parts = max(1, samples // 960)
    flags = packet[at] >> (7 - parts) & 1
    if packet[0] & 4:
        flags |= packet[at] >> (6 - 2 * parts) & 1
    return samples if flags else 0


def _first_frame(packet: bytes) -> int | None:
    """Where the first frame begins (section 3.2); None when the packet is too short to tell."""
    if len(packet) < 2:
        return None
    code = packet[0] & 3
    if code < 2:
        return 1
    if code == 2:
        return 2 if packet[1] < 252 else 3
    at = 2
    if packet[1] & 0x40:
        while at < len(packet) and packet[at] == 255:
            at += 1
        at += 1
    if packet[1] & 0x80:
        for _ in range((packet[1] & 0x3F) - 1):
            at += 1 if at >= len(packet) or packet[at] < 252 else 2
    return at
