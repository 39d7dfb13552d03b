"""A handler that fails on one packet: with the repair the connection stays, without it aiortc closes it."""

import asyncio
from typing import Any

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCDataChannel, RTCPeerConnection

from kiosk.call.repairs.guarded_receive import guard_receive
from kiosk.call.repairs.loopback import offer_loopback
from tests.fakes.polling import until


async def survives(guarded: bool) -> bool:
    """Whether a data channel still works after its receiver has failed once."""
    offer_loopback()
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    page, kiosk = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
    channel, got = page.createDataChannel("live"), []

    def receive(text: str) -> None:
        got.append(text)
        if text == "bad":
            raise RuntimeError("a fault of the kiosk")

    @kiosk.on("datachannel")
    def opened(incoming: RTCDataChannel) -> None:
        incoming.on("message", receive)

    await page.setLocalDescription(await page.createOffer())
    await kiosk.setRemoteDescription(page.localDescription)
    if guarded:
        assert kiosk.sctp is not None
        guard_receive(kiosk.sctp.transport, kiosk.sctp)
    await kiosk.setLocalDescription(await kiosk.createAnswer())
    await page.setRemoteDescription(kiosk.localDescription)
    try:
        await until(lambda: channel.readyState == "open")
        channel.send("bad")
        await until(lambda: "bad" in got)
        await asyncio.sleep(1)
        return kiosk.connectionState == "connected"
    finally:
        await page.close()
        await kiosk.close()


async def test_one_bad_message_costs_only_itself(caplog: Any) -> None:
    assert await survives(guarded=True)
    assert "packet dropped" in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_the_library_still_closes_the_connection() -> None:
    """When this fails, aiortc contains such faults itself: drop the repair."""
    assert not await survives(guarded=False)
