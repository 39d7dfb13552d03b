"""Compound RTCP, cut into its packets; what they say to a sender's control of its rate. Pure.

RFC 3550 section 6; draft-alvestrand-rmcat-remb-03 section 2.2.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SENDER_REPORT, RECEIVER_REPORT, PAYLOAD_FEEDBACK = 200, 201, 206
_APPLICATION = 15


@dataclass(frozen=True, slots=True)
class Packet:
    """`form` is the report count or the feedback format; `data` the whole packet, header included."""

    kind: int
    form: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A report block: `loss` is the fraction since the report before, delays in units of 1/65536 s."""

    ssrc: int
    loss: float
    highest: int
    last_report: int
    delay: int


def split(compound: bytes) -> list[Packet]:
    """Its packets as far as they are whole; what follows a broken one is left out."""
    packets: list[Packet] = []
    at = 0
    while len(compound) - at >= 4 and compound[at] >> 6 == 2:
        first, kind, words = struct.unpack_from("!BBH", compound, at)
        end = at + 4 * (words + 1)
        if end > len(compound):
            break
        packets.append(Packet(kind, first & 0x1F, compound[at:end]))
        at = end
    return packets


def blocks(packet: Packet) -> Iterator[Block]:
    """The report blocks of a sender or receiver report; none of anything else."""
    start = {SENDER_REPORT: 28, RECEIVER_REPORT: 8}.get(packet.kind)
    if start is None:
        return
    for at in range(start, min(start + 24 * packet.form, len(packet.data) - 23), 24):
        ssrc, lost, highest, _, last_report, delay = struct.unpack_from("!LLLLLL", packet.data, at)
        yield Block(ssrc, (lost >> 24) / 256, highest, last_report, delay)


def report_stamp(packet: Packet) -> tuple[int, int] | None:
    """The SSRC and the middle of the NTP time of a sender report, by which it is answered."""
    if packet.kind != SENDER_REPORT or len(packet.data) < 28:
        return None
    ssrc, high, low = struct.unpack_from("!LLL", packet.data, 4)
    return ssrc, (high & 0xFFFF) << 16 | low >> 16


def remb(packet: Packet) -> tuple[int, frozenset[int]] | None:
    """The receiver's estimate in bit/s and the SSRCs it covers."""
    data = packet.data
    known = (packet.kind, packet.form, data[12:16]) == (PAYLOAD_FEEDBACK, _APPLICATION, b"REMB")
    if not known or len(data) < 20 + 4 * data[16]:
        return None
    rate_bps = (int.from_bytes(data[17:20], "big") & 0x3FFFF) << (data[17] >> 2)
    return rate_bps, frozenset(struct.unpack_from(f"!{data[16]}L", data, 20))
