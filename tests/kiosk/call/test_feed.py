"""What a page is told when its channel opens."""

import json
from typing import Any

from kiosk.call.channels import Channels
from kiosk.call.feed import LiveFeed
from kiosk.call.slow_lane import SlowLane
from kiosk.events import SoundQuality


class Told(Channels):
    """Channels whose messages go into a list."""

    def __init__(self) -> None:
        super().__init__(lambda: None, lambda message: None)
        self.messages: list[dict[str, Any]] = []

    def send_live(self, text: str) -> None:
        self.messages.append(json.loads(text))


def test_a_page_is_told_of_pictures_that_paused_before_its_channel_was_there() -> None:
    feed, channels = LiveFeed(), Told()
    feed.video(face_paused=True, otoscope_paused=False)
    feed.connect(channels, SlowLane(channels), "{}")
    assert {"v": 1, "type": "video", "face": "paused", "otoscope": "live"} in channels.messages


def test_a_page_is_told_of_the_noise_once_and_of_nothing_while_the_stethoscope_is_put_away() -> None:
    feed, channels = LiveFeed(), Told()
    feed.connect(channels, SlowLane(channels), "{}")

    def sounds() -> list[str]:
        return [message["sound"] for message in channels.messages if message.get("type") == "media"]

    feed.sound(SoundQuality.NOISY)
    assert sounds() == ["listening"]
    feed.media(False, True, False)
    for _ in range(3):
        feed.sound(SoundQuality.NOISY)
    assert sounds() == ["listening", "listening", "noisy"]
    feed.media(False, False, False)
    feed.media(False, True, False)
    assert sounds()[-2:] == ["listening", "listening"], "what was said is not said of the next sound"
