"""A recorded sound on its way: small pieces, one at a time, and what was lost is asked for again."""

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np

from devices.reading import Attachment, Kind, Reading
from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.channels import Channels
from kiosk.call.clip_sender import ClipSender
from kiosk.call.feed import LiveFeed
from kiosk.call.page_messages import TEXT_MAX, ClipWanted
from kiosk.call.slow_lane import SlowLane
from kiosk.call.stills import Stills
from kiosk.clip import CONTENT_TYPE, Pcm, decode_flac, line_clip, record_clip
from tests.fakes.call_content import oximetry
from tests.fakes.heart import heart_beat
from tests.fakes.polling import until


def heard() -> Pcm:
    return np.tile(heart_beat(), 2)


def sound(site: str = "mitral") -> Reading:
    kept = Attachment(CONTENT_TYPE, record_clip(heard()), site)
    return replace(oximetry(attachment=kept), kind=Kind.STETHOSCOPE, quantities=())


class Lane:
    """Takes what it is given and lets it leave one by one, as a line would."""

    def __init__(self) -> None:
        self.queue: list[str] = []
        self.left: list[dict[str, Any]] = []
        self.most = 0

    @property
    def waiting(self) -> int:
        return len(self.queue)

    def put(self, text: str) -> None:
        assert len(text) < 1200  # one packet
        self.queue.append(text)
        self.most = max(self.most, len(self.queue))

    async def carry(self, count: int = 10_000) -> None:
        for _ in range(count):
            await until(lambda: self.queue or not self.busy())
            if not self.queue:
                return
            self.left.append(json.loads(self.queue.pop(0)))

    def busy(self) -> bool:
        return self.sender.busy

    def serve(self, sender: ClipSender) -> None:
        self.sender = sender
        sender.connect(self)


def joined(messages: list[dict[str, Any]]) -> bytes:
    return b"".join(base64.b64decode(m["data"]) for m in messages if m["type"] == "clip_data")


async def test_the_page_gets_the_reduced_copy_in_small_pieces() -> None:
    sender, lane, reading = ClipSender(), Lane(), sound()
    lane.serve(sender)
    sender.want(reading, 0)
    await lane.carry()
    header, *pieces = lane.left
    data = joined(pieces)
    assert reading.attachment is not None and data == line_clip(reading.attachment.data)
    assert (header["type"], header["id"], header["site"]) == ("clip", str(reading.id), "mitral")
    assert (header["bytes"], header["chunks"]) == (len(data), len(pieces))
    assert (header["rate_hz"], header["content_type"]) == (4000, "audio/flac")
    assert header["duration_s"] == round(len(decode_flac(data)[0]) / 4000, 3)
    assert [piece["n"] for piece in pieces] == list(range(len(pieces)))
    assert lane.most <= 2
    assert not sender.busy


async def test_after_a_cut_only_what_the_page_lacks_comes_again() -> None:
    sender, before, after, reading = ClipSender(), Lane(), Lane(), sound()
    before.serve(sender)
    sender.want(reading, 0)
    await before.carry(4)
    got = len(before.left) - 1
    sender.disconnect()
    after.serve(sender)
    assert not sender.busy
    sender.want(reading, got)
    await after.carry()
    assert reading.attachment is not None
    assert joined(before.left) + joined(after.left) == line_clip(reading.attachment.data)


async def test_one_sound_at_a_time_and_none_twice() -> None:
    sender, lane = ClipSender(), Lane()
    lane.serve(sender)
    first, second = sound("mitral"), sound("aortic")
    for reading in (first, second, first):
        sender.want(reading, 0)
    await lane.carry()
    order = [m["site"] for m in lane.left if m["type"] == "clip"]
    assert order == ["mitral", "aortic"]
    ids = [m["id"] for m in lane.left]
    assert ids == sorted(ids, key=[str(first.id), str(second.id)].index)


async def test_a_sound_that_cannot_be_read_keeps_none_behind_it_waiting() -> None:
    sender, lane = ClipSender(), Lane()
    lane.serve(sender)
    broken = replace(sound(), attachment=Attachment(CONTENT_TYPE, b"no FLAC", "mitral"))
    for reading in (broken, sound("aortic")):
        sender.want(reading, 0)
    await lane.carry()
    assert [m["site"] for m in lane.left if m["type"] == "clip"] == ["aortic"]
    assert not sender.busy


async def test_a_still_picture_passes_a_sound_on_its_way_and_leaves_it_room() -> None:
    """In turns: 160 pieces of a sound would keep it for half a minute on a narrow line."""
    channels = Channels(lambda: None, lambda message: None)
    lane, sent = SlowLane(channels, rate_bps=64_000), list[dict[str, Any]]()
    channels.send_live = lambda text: sent.append(json.loads(text))  # type: ignore[method-assign]
    sender, slot = ClipSender(), FrameSlot()
    lane.expects_more = lambda: sender.busy
    sender.connect(lane)
    slot.put(VideoFrame(np.full((720, 640), 128, dtype=np.uint8), 640, 480, 0.0, 1))
    stills = Stills(lane, {"face": slot})
    stills.wanted = ("face",)
    sender.want(sound(), 0)
    await until(lambda: any(m["type"] == "clip_data" for m in sent))
    running = asyncio.create_task(stills.run())
    await until(lambda: any(m["type"] == "part" for m in sent))
    assert sender.busy, "the sound has not all gone before it"
    await until(lambda: not sender.busy)
    running.cancel()
    lane.close()


async def test_without_a_connection_nothing_waits() -> None:
    sender = ClipSender()
    sender.want(sound(), 0)
    assert not sender.busy


async def test_only_a_sound_of_the_record_can_be_asked_for() -> None:
    feed = LiveFeed()
    channels = Channels(lambda: None, lambda message: None)
    lane = SlowLane(channels)
    feed.connect(channels, lane, "hello")
    picture = oximetry(attachment=Attachment("image/jpeg", b"x"))
    feed.reading(picture, history=False)
    for wanted in (picture.id, sound().id):
        channels.clip_wanted(ClipWanted(wanted, 0))
        assert not feed.clips.busy
    reading = sound()
    feed.reading(reading, history=False)
    channels.clip_wanted(ClipWanted(reading.id, 0))
    assert feed.clips.busy
    feed.disconnect()
    assert not feed.clips.busy
    lane.close()
    await asyncio.sleep(0)


def test_a_message_stays_far_below_the_limit() -> None:
    assert TEXT_MAX > 10 * 1200
