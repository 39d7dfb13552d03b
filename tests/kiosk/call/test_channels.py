"""Which way a message takes, by the channels of an association that is not up yet: everything waits."""

from aiortc import RTCDataChannel, RTCPeerConnection

from kiosk.call.channels import Channels
from kiosk.call.feed import LiveFeed
from kiosk.call.slow_lane import SlowLane
from tests.fakes.call_content import oximetry, pleth


async def made(*labels: str) -> tuple[Channels, dict[str, RTCDataChannel]]:
    connection = RTCPeerConnection()
    channels = Channels(lambda: None, lambda message: None)
    found = {label: connection.createDataChannel(label, ordered=label == "live") for label in labels}
    await connection.close()
    for channel in found.values():
        channel._setReadyState("open")
        channels.adopt(channel)
    return channels, found


def waiting(channel: RTCDataChannel) -> list[tuple[str, str]]:
    """Channel and text of everything that was given, in the order in which it will leave."""
    queue = channel.transport._data_channel_queue
    return [(item.label, data.decode()) for item, _, data in queue if data.startswith(b"{")]


async def test_a_reading_has_its_own_channel_and_leaves_before_what_may_wait() -> None:
    channels, found = await made("live", "readings", "waves")
    for text in ('{"old": 1}', '{"old": 2}'):
        channels.send_live(text)
    channels.send_reading('{"new": 1}', twice=True)
    assert waiting(found["live"]) == [
        ("readings", '{"new": 1}'), ("waves", '{"new": 1}'), ("live", '{"old": 1}'), ("live", '{"old": 2}'),
    ]  # fmt: skip


async def test_a_page_without_that_channel_gets_it_in_order() -> None:
    channels, found = await made("live", "waves")
    channels.send_reading('{"new": 1}', twice=False)
    assert waiting(found["live"]) == [("live", '{"new": 1}')]


async def test_a_waveform_is_dropped_while_other_messages_wait() -> None:
    channels, found = await made("live", "readings", "waves")
    channels.send_wave('{"wave": 1}')
    channels.send_live('{"text": "' + 3000 * "x" + '"}')
    channels.send_wave('{"wave": 2}')
    assert [text for label, text in waiting(found["live"]) if label == "waves"] == ['{"wave": 1}']


async def test_on_a_line_that_takes_no_more_the_newest_reading_comes_first() -> None:
    channels, found = await made("live", "readings", "waves")
    lane, feed = SlowLane(channels, 12_000), LiveFeed()
    feed.connect(channels, lane, '{"hello": 1}')
    feed.video(face_paused=True, otoscope_paused=True)
    for number in range(8):
        feed.reading(oximetry(str(90 + number)), history=False)
    feed.waveform(pleth(1))
    given = [label for label, _ in waiting(found["live"])]
    assert given.count("readings") == 4
    assert given.count("waves") == 0
    assert lane.waiting == 4
    assert '"value":"97"' in lane._waiting[0]
    lane.close()
