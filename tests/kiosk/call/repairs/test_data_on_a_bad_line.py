"""Messages over a true association whose packets are lost, doubled, late, out of order, and cut off."""

import asyncio
import json

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCDataChannel, RTCPeerConnection

from kiosk.call.repairs.bounded_data import bound_data
from kiosk.call.repairs.data_order import overtake
from kiosk.call.repairs.guarded_receive import guard_receive
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.quick_sctp import quicken_sctp, repeat_now
from kiosk.call.repairs.sparing_sctp import limit_flight, spare_repeats
from tests.fakes.polling import until
from tests.kiosk.call.repairs.bad_line import BadLine

MESSAGES = 80
FAULTS = {"loss": 0.15, "delay_ms": 20.0, "jitter_ms": 20.0, "reorder": 0.1, "duplicate": 0.1}


class Ends:
    """The kiosk's end has the repairs, the page's is stock. What each has heard, by channel."""

    def __init__(self) -> None:
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.page, self.kiosk = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
        self.channels = [
            self.page.createDataChannel("live"),
            self.page.createDataChannel("readings", ordered=False),
        ]
        self.heard: dict[str, list[int]] = {}
        self.answered: dict[str, list[int]] = {}
        self.accepted: list[RTCDataChannel] = []
        self.kiosk.on("datachannel", self._accept)

    def _accept(self, channel: RTCDataChannel) -> None:
        self.accepted.append(channel)
        channel.on(
            "message", lambda text: self.heard.setdefault(channel.label, []).append(json.loads(text)[0])
        )

    async def connect(self) -> None:
        for channel in self.channels:
            numbers = self.answered.setdefault(channel.label, [])
            channel.on("message", lambda text, numbers=numbers: numbers.append(json.loads(text)[0]))
        await self.page.setLocalDescription(await self.page.createOffer())
        await self.kiosk.setRemoteDescription(self.page.localDescription)
        sctp = self.kiosk.sctp
        assert sctp is not None
        guard_receive(sctp.transport, sctp)
        bound_data(sctp)
        limit_flight(sctp, 4000)
        await self.kiosk.setLocalDescription(await self.kiosk.createAnswer())
        await self.page.setRemoteDescription(self.kiosk.localDescription)
        await until(lambda: len(self.accepted) == 2 and all(c.readyState == "open" for c in self.channels))

    async def say(self, numbers: range) -> None:
        for number in numbers:
            text = json.dumps([number, "x" * 300])
            for channel in (*self.channels, *self.accepted):
                channel.send(text)
            overtake(next(channel for channel in self.accepted if not channel.ordered))
            await asyncio.sleep(0.01)

    @property
    def told(self) -> list[list[int]]:
        ways = (self.heard, self.answered)
        return [way.get(label, []) for label in ("live", "readings") for way in ways]

    async def close(self) -> None:
        await self.page.close()
        await self.kiosk.close()


@pytest.mark.parametrize("cut", [False, True])
async def test_every_message_arrives_once_and_in_order_where_order_was_promised(cut: bool) -> None:
    offer_loopback()
    quicken_sctp()
    spare_repeats()
    ends, everything = Ends(), list(range(MESSAGES))
    await ends.connect()
    lines = BadLine(ends.page, **FAULTS), BadLine(ends.kiosk, **FAULTS)
    try:
        await ends.say(range(MESSAGES // 2))
        if cut:
            await _cut_for_a_while(lines, ends)
        await ends.say(range(MESSAGES // 2, MESSAGES))
        await until(lambda: all(len(way) >= MESSAGES for way in ends.told), timeout_s=40)
        await asyncio.sleep(0.5)  # what would come twice
        live, readings = ends.told[:2], ends.told[2:]
    finally:
        await ends.close()
    assert min(line.lost for line in lines) > 3
    assert live == [everything] * 2
    assert [sorted(way) for way in readings] == [everything] * 2


async def _cut_for_a_while(lines: tuple[BadLine, BadLine], ends: Ends) -> None:
    for line in lines:
        line.is_cut = True
    await asyncio.sleep(2)
    for line in lines:
        line.is_cut = False
    assert ends.kiosk.sctp is not None
    repeat_now(ends.kiosk.sctp)
