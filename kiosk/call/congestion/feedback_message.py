"""Transport-wide feedback, RTCP RTPFB format 15: which packets arrived, and when. Pure.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
"""

import struct
from dataclasses import dataclass

RTPFB = 205
FORMAT = 15
TICK_S = 0.000_25
TICKS_PER_REFERENCE = 256  # the reference time counts 64 ms
TICKS_WRAP = 1 << 32  # 24 bits of reference time

_LOST, _SMALL, _LARGE = range(3)
_RUN_MAX = 0x1FFF
_COUNT_MAX = 0xFFFF
_READ_MAX = 0x2000  # 28 bytes may speak of 65535 packets, which takes long to read


class FeedbackError(Exception):
    """These bytes are not a feedback message, or these arrivals do not fit into one."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Packet `base + n` (modulo 2^16) arrived at `arrivals[n]`, in ticks of 250 us modulo 2^32; None: lost.

    `count` numbers the messages (modulo 2^8). At least one packet must have arrived to build one.
    """

    sender_ssrc: int
    media_ssrc: int
    base: int
    count: int
    arrivals: tuple[int | None, ...]


def parse(packet: bytes) -> Feedback:
    """One whole RTCP packet, header included. Raises FeedbackError, whatever the bytes."""
    try:
        return _parse(packet)
    except struct.error as error:
        raise FeedbackError("truncated") from error


def _parse(packet: bytes) -> Feedback:
    first, kind, words = struct.unpack_from("!BBH", packet)
    if (first & 0xDF, kind, 4 * (words + 1)) != (0x80 | FORMAT, RTPFB, len(packet)):
        raise FeedbackError("not a feedback message")
    sender_ssrc, media_ssrc, base, length, reference_count = struct.unpack_from("!LLHHL", packet, 4)
    if length > _READ_MAX:
        raise FeedbackError("more packets than anybody remembers")
    symbols, at = _read_chunks(packet, 20, length)
    ticks = (reference_count >> 8) * TICKS_PER_REFERENCE
    arrivals: list[int | None] = []
    for symbol in symbols:
        if symbol == _LOST:
            arrivals.append(None)
            continue
        (delta,) = struct.unpack_from("!B" if symbol == _SMALL else "!h", packet, at)
        at += symbol
        ticks = (ticks + delta) % TICKS_WRAP
        arrivals.append(ticks)
    return Feedback(sender_ssrc, media_ssrc, base, reference_count & 0xFF, tuple(arrivals))


def _read_chunks(packet: bytes, at: int, length: int) -> tuple[list[int], int]:
    """The symbol of each packet, and where the deltas begin."""
    symbols: list[int] = []
    while len(symbols) < length:
        (chunk,) = struct.unpack_from("!H", packet, at)
        at += 2
        if not chunk & 0x8000:
            symbols.extend([chunk >> 13] * min(chunk & _RUN_MAX, length - len(symbols)))
            if not chunk & _RUN_MAX:
                raise FeedbackError("an empty run")
        elif chunk & 0x4000:
            symbols.extend((chunk >> shift) & 3 for shift in range(12, -1, -2))
        else:
            symbols.extend((chunk >> shift) & 1 for shift in range(13, -1, -1))
    symbols = symbols[:length]
    if 3 in symbols:
        raise FeedbackError("a reserved symbol")
    return symbols, at


def build(feedback: Feedback) -> bytes:
    """The whole RTCP packet. Raises FeedbackError when nothing arrived or two arrivals are over 8 s apart."""
    first = next((ticks for ticks in feedback.arrivals if ticks is not None), None)
    if first is None or len(feedback.arrivals) > _COUNT_MAX:
        raise FeedbackError("nothing arrived, or too much")
    reference = first // TICKS_PER_REFERENCE
    symbols, deltas = _deltas(feedback.arrivals, reference * TICKS_PER_REFERENCE)
    head = struct.pack(
        "!LLHHL",
        feedback.sender_ssrc,
        feedback.media_ssrc,
        feedback.base,
        len(symbols),
        reference << 8 | feedback.count,
    )
    return _framed(head + _write_chunks(symbols) + deltas)


def _deltas(arrivals: tuple[int | None, ...], before: int) -> tuple[list[int], bytes]:
    symbols: list[int] = []
    deltas = bytearray()
    for ticks in arrivals:
        if ticks is None:
            symbols.append(_LOST)
            continue
        delta = (ticks - before + TICKS_WRAP // 2) % TICKS_WRAP - TICKS_WRAP // 2
        if not -0x8000 <= delta <= 0x7FFF:
            raise FeedbackError("two arrivals too far apart")
        small = 0 <= delta <= 0xFF
        symbols.append(_SMALL if small else _LARGE)
        deltas += struct.pack("!B" if small else "!h", delta)
        before = ticks
    return symbols, bytes(deltas)


def _write_chunks(symbols: list[int]) -> bytes:
    chunks = bytearray()
    at = 0
    while at < len(symbols):
        run = _run(symbols, at)
        one_bit = all(symbol != _LARGE for symbol in symbols[at : at + 14])
        room = 14 if one_bit else 7
        if run >= min(room, len(symbols) - at):
            chunk, taken = symbols[at] << 13 | run, run
        else:
            chunk, taken = _vector(symbols[at : at + room], room), room
        chunks += struct.pack("!H", chunk)
        at += taken
    return bytes(chunks)


def _run(symbols: list[int], at: int) -> int:
    run = 1
    while run < _RUN_MAX and at + run < len(symbols) and symbols[at + run] == symbols[at]:
        run += 1
    return run


def _vector(symbols: list[int], room: int) -> int:
    bits = 14 // room
    chunk = 0
    for place, symbol in enumerate(symbols):
        chunk |= symbol << (14 - bits * (place + 1))
    return chunk | (0x8000 if bits == 1 else 0xC000)


def _framed(body: bytes) -> bytes:
    """With the RTCP header, padded to whole words (RFC 3550 section 6.4.1)."""
    missing = -len(body) % 4
    padding = bytes(missing - 1) + bytes([missing]) if missing else b""
    first = 0x80 | (0x20 if missing else 0) | FORMAT
    return struct.pack("!BBH", first, RTPFB, (len(body) + missing) // 4) + body + padding
