"""Which message leaves first when several wait."""

import pytest
from aiortc import RTCDataChannel, RTCPeerConnection

from kiosk.call.repairs.data_order import overtake


async def channels() -> tuple[RTCDataChannel, RTCDataChannel]:
    """One in order, one not; what they are given waits."""
    connection = RTCPeerConnection()
    made = connection.createDataChannel("live"), connection.createDataChannel("readings", ordered=False)
    for channel in made:
        channel._setReadyState("open")
    await connection.close()
    for channel in made:
        channel._setReadyState("open")
    return made


def waiting(channel: RTCDataChannel) -> list[bytes]:
    texts = [data for _, _, data in channel.transport._data_channel_queue]
    return [text for text in texts if text in (b"history", b"newest", b"newer still")]


async def test_what_does_not_wait_overtakes_what_may() -> None:
    live, readings = await channels()
    for _ in range(3):
        live.send("history")
    for text in ("newest", "newer still"):
        readings.send(text)
        overtake(readings)
    assert waiting(live) == [b"newest", b"newer still", b"history", b"history", b"history"]


async def test_only_the_message_of_this_channel_overtakes() -> None:
    live, readings = await channels()
    readings.send("newest")
    live.send("history")
    overtake(readings)
    assert waiting(live) == [b"newest", b"history"]


async def test_aiortc_still_has_one_order_for_all() -> None:
    """When this fails, channels have priorities of their own: use them."""
    live, readings = await channels()
    live.send("history")
    readings.send("newest")
    assert waiting(live) == [b"history", b"newest"]


async def test_a_library_that_has_changed_is_named() -> None:
    class Channel:
        transport = object()

    with pytest.raises(AttributeError, match="_data_channel_queue"):
        overtake(Channel())  # type: ignore[arg-type]
