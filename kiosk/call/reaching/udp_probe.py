"""Loss and round trip to the relay, measured with packets like those of a voice. Imports aioice."""

import asyncio
import contextlib
import ssl
import statistics
import struct
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aioice import stun

from kiosk.call.reaching.allocation import Client, connected
from kiosk.call.reaching.servers import TurnServer

PACKETS, PACKET_BYTES, DURATION_S = 50, 200, 1.0
_LATE_S = 0.5
_OPEN_S = 1.0
_STAMP = struct.Struct("!Hd")


@dataclass(frozen=True, slots=True)
class UdpLine:
    """`loss` (0 to 1) of packets that went to the relay and came back; `rtt_ms` is their median.

    None when none came back.
    """

    loss: float
    rtt_ms: float | None


class _Arrivals(asyncio.DatagramProtocol):
    """Round trips in seconds, by packet number."""

    def __init__(self) -> None:
        self.rtts_s: dict[int, float] = {}
        self.complete = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) == PACKET_BYTES:
            number, sent_s = _STAMP.unpack_from(data)
            self.rtts_s.setdefault(number, time.monotonic() - sent_s)
            if len(self.rtts_s) == PACKETS:
                self.complete.set()


async def measure_udp(server: TurnServer, tls: ssl.SSLContext | None = None) -> UdpLine | None:
    """About 1.5 s: from one allocation on the relay to another. None when the relay does not let us.

    Over a TCP relay nothing is lost; the round trip then shows what waits in the way.
    """
    try:
        async with AsyncExitStack() as stack:
            sender = await stack.enter_async_context(connected(server, tls, _OPEN_S))
            receiver = await stack.enter_async_context(connected(server, tls, _OPEN_S))
            return await _measure(sender, receiver)
    except (OSError, stun.TransactionError):
        return None


async def _measure(sender: Client, receiver: Client) -> UdpLine:
    arrivals = receiver.receiver = _Arrivals()
    from_, to = sender.relayed_address, receiver.relayed_address
    assert from_ is not None
    assert to is not None
    async with asyncio.timeout(_OPEN_S):
        await receiver.send_data(b"open", from_)  # a channel each way is a permission (RFC 8656, 12.1)
        await sender.send_data(b"open", to)
    began_s = time.monotonic()
    for number in range(PACKETS):
        due_s = began_s + number * DURATION_S / PACKETS
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        packet = _STAMP.pack(number, time.monotonic()).ljust(PACKET_BYTES, b"\0")
        await sender.send_data(packet, to)
    with contextlib.suppress(TimeoutError):  # the rest is lost
        async with asyncio.timeout(_LATE_S):
            await arrivals.complete.wait()
    rtts_s = list(arrivals.rtts_s.values())
    return UdpLine(1 - len(rtts_s) / PACKETS, statistics.median(rtts_s) * 1000 if rtts_s else None)
