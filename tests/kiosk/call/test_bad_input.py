"""A page that sends nonsense over a genuine connection may lose its call, never the kiosk."""

import asyncio
import contextlib
import json
import logging
import struct
from pathlib import Path
from typing import Any, Self

import pylibsrtp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.call.congestion import feedback_message, rtcp
from kiosk.call.congestion.arrival_log import ArrivalLog
from kiosk.call.congestion.controller import Controller
from kiosk.call.congestion.feedback_message import Feedback, FeedbackError
from kiosk.call.congestion.reports import Reports
from kiosk.call.congestion.sent_log import SentLog
from kiosk.call.receiving.audio_buffer import AudioBuffer
from kiosk.call.receiving.picture_buffer import PictureBuffer, VideoPacket
from kiosk.events import CallPhase
from tests.fakes.call_bench import Bench, bench
from tests.fakes.call_content import oximetry
from tests.fakes.physician import Physician

OPUS, VIDEO = 96, 97
QUICKLY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


async def connected(kiosk: Bench, physician: Physician) -> None:
    await kiosk.until_phase(CallPhase.CONNECTED)
    await physician.until(lambda: physician.of_type("hello"))


async def still_well(kiosk: Bench, physician: Physician) -> None:
    """Readings, questions and sound pass on the same connection as before."""
    before = physician.heard[0].frames
    readings = len(physician.of_type("reading"))
    pongs = len(physician.of_type("pong"))
    kiosk.call.send_reading(oximetry())
    physician.send("ping", id="after")
    await physician.until(lambda: len(physician.of_type("reading")) > readings)
    await physician.until(lambda: len(physician.of_type("pong")) > pongs)
    await physician.until(lambda: physician.heard[0].frames > before + 10)
    assert kiosk.notes.phase is CallPhase.CONNECTED
    assert CallPhase.RECONNECTING not in kiosk.notes.phases
    assert len(physician.of_type("hello")) == 1


def rtp_packet(payload_type: int, number: int, ssrc: int, body: bytes, extension: bytes = b"") -> bytes:
    first = 0x90 if extension else 0x80
    return struct.pack("!BBHLL", first, payload_type, number % 0x10000, number * 960, ssrc) + extension + body


def rtcp_packet(form: int, kind: int, body: bytes, words: int | None = None) -> bytes:
    return struct.pack("!BBH", 0x80 | form, kind, len(body) // 4 if words is None else words) + body


def feedback(base: int, count: int, reference: int, rest: bytes) -> bytes:
    body = struct.pack("!LLHHL", 1, 2, base, count, reference << 8) + rest
    return rtcp_packet(15, 205, body + bytes(-len(body) % 4))


bodies = st.binary(max_size=300)
bad_rtp = st.one_of(
    bodies.map(lambda body: b"\x80\x60" + body),
    st.builds(
        rtp_packet,
        st.sampled_from([OPUS, OPUS + 1, VIDEO + 1, VIDEO + 2, 127]),
        st.integers(0, 65535),
        st.integers(0, 2**32 - 1),
        bodies,
        st.sampled_from(
            [
                b"",
                struct.pack("!HH", 0xBEDE, 0xFFFF),
                struct.pack("!HH", 0x1000, 1),
                b"\xbe\xde\x00\x01\x3f\x00",
            ]
        ),
    ),
)
bad_rtcp = st.one_of(
    st.builds(
        rtcp_packet, st.integers(0, 31), st.integers(192, 208), bodies, st.none() | st.integers(0, 65535)
    ),
    st.builds(feedback, st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 2**24 - 1), bodies),
    st.builds(
        lambda count, exponent, rest: rtcp_packet(
            15, 206, bytes(8) + b"REMB" + bytes([count, exponent, 255, 255]) + rest
        ),
        st.integers(0, 255),
        st.integers(0, 255),
        bodies,
    ),
    st.builds(
        lambda ssrc, ntp, rest: rtcp_packet(
            0, 200, struct.pack("!LQLLL", ssrc, ntp, 7, 2**32 - 1, 2**32 - 1) + rest
        ),
        st.integers(0, 2**32 - 1),
        st.sampled_from([0, 1, 2**64 - 1, 2**63]),
        bodies,
    ),
)


def drawn(strategy: st.SearchStrategy[bytes], count: int) -> list[bytes]:
    found: list[bytes] = []

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def draw(packet: bytes) -> None:
        found.append(packet)

    draw()
    return found


class RawPage(Physician):
    """A page that sends whatever it likes, well encrypted."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    @property
    def transport(self) -> Any:
        return self._sections[0].receiver.transport

    async def media(self, packets: list[bytes]) -> int:
        """How many could be encrypted: the library refuses the worst."""
        sent = 0
        for at, packet in enumerate(packets):
            with contextlib.suppress(pylibsrtp.Error):
                await self.transport._send_rtp(packet)
                sent += 1
            if at % 20 == 0:
                await asyncio.sleep(0.01)
        return sent


def kiosk_transport(kiosk: Bench) -> Any:
    peer = kiosk.call._connections._peer
    assert peer is not None
    return peer._transport


async def test_nonsense_instead_of_media_costs_only_itself(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, RawPage(kiosk.link, kiosk.context) as page:
        await connected(kiosk, page)
        rtp, control = drawn(bad_rtp, 150), drawn(bad_rtcp, 150)
        assert await page.media(rtp + control) > 150
        await still_well(kiosk, page)
        transport = kiosk_transport(kiosk)  # and what no library would encrypt
        for packet in rtp:
            await transport._handle_rtp_data(packet, arrival_time_ms=1)
        for packet in control:
            await transport._handle_rtcp_data(packet)
        await still_well(kiosk, page)


async def test_a_thousand_streams_are_not_kept(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, RawPage(kiosk.link, kiosk.context) as page:
        await connected(kiosk, page)
        await page.until(lambda: page.heard[0].frames > 5)
        await page.media([rtp_packet(OPUS, 1, 7_000_000 + n, b"\xf8\xff\xfe") for n in range(600)])
        await still_well(kiosk, page)
        streams = kiosk_transport(kiosk)._rtp_router.ssrc_table
        assert 2 <= len(streams) <= 16
        reports = [p async for p in reports_to(page)]
        assert reports


async def reports_to(page: RawPage) -> Any:
    """The kiosk's next receiver report of the voice: with too many streams aiortc sends none."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    stock = page.transport._handle_rtcp_data

    async def tap(data: bytes) -> None:
        await stock(data)
        if any(packet.kind == rtcp.RECEIVER_REPORT and packet.form for packet in rtcp.split(data)):
            heard.put_nowait(data)

    page.transport._handle_rtcp_data = tap
    async with asyncio.timeout(10):
        yield await heard.get()


async def test_a_hostile_data_channel(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with bench(tmp_path) as kiosk, RawPage(kiosk.link, kiosk.context) as page:
        await connected(kiosk, page)
        assert page.live is not None and page.connection is not None
        for text in ("[" * 30_000, '{"v":1,"type":"seen","ids":{"a":[]}}', "null", '{"v":1,"type":{}}', "\0"):
            page.live.send(text)
        for data in (b"\xff" * 2000, b"", bytes(1)):
            page.live.send(data)
        page.live.send('{"v":1,"type":"request","what":[[]],"on":{"on":true}}')
        for n in range(200):
            page.connection.createDataChannel("live" if n % 2 else f"unknown {n}")
        await still_well(kiosk, page)
        assert page.connection.sctp is not None
        page.connection.sctp._remote_max_message_size = 0  # a page that does not keep to what was agreed
        page.live.send("x" * 1_000_000)
        await still_well(kiosk, page)
        assert len([r for r in caplog.records if "something else" in r.getMessage()]) <= 10


@pytest.mark.alone  # a machine that is busy lets them come so slowly that all may be answered
async def test_thousands_of_messages_at_once_are_not_all_answered(tmp_path: Path, caplog: Any) -> None:
    caplog.set_level(logging.WARNING)
    async with bench(tmp_path) as kiosk, RawPage(kiosk.link, kiosk.context) as page:
        await connected(kiosk, page)
        assert page.live is not None
        for n in range(4_000):
            page.live.send(json.dumps({"v": 1, "type": "ping", "id": n}))
        await page.until(lambda: page.live is not None and page.live.bufferedAmount == 0, 30.0)
        await page.until(lambda: len(page.of_type("pong")) >= 1000)
        await asyncio.sleep(1.0)  # the allowance grows again
        await still_well(kiosk, page)
        assert 1000 <= len(page.of_type("pong")) < 3500
        assert 1 <= len([r for r in caplog.records if "sends too much" in r.getMessage()]) <= 10


# Memory: whatever comes, what is kept has an end.


@QUICKLY
@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535), bodies), max_size=8))
def test_feedback_of_what_was_never_sent_is_not_kept(messages: list[tuple[int, int, bytes]]) -> None:
    log = SentLog()
    for at in range(50):
        log.add(at / 100, 1200)
    for base, count, rest in [*messages, (40, 8000, b"\x1f\xff" * 2)]:
        try:
            read = feedback_message.parse(feedback(base, count, 5, b"\x1f\xff" * 8 + rest))
        except FeedbackError:
            continue
        assert len(log.acks(read)) <= 50
        assert len(log._awaited) <= 50


def test_feedback_that_speaks_of_everything_is_not_read() -> None:
    with pytest.raises(FeedbackError):
        feedback_message.parse(feedback(0, 65535, 5, b"\x1f\xff" * 9))


def test_reports_of_streams_that_nobody_sent_are_not_kept() -> None:
    reports = Reports(Controller())
    for n in range(500):
        block = struct.pack("!LLLLLL", n, 0xFF << 24, 2**32 - 1, 2**32 - 1, n, 2**32 - 1)
        report = rtcp_packet(1, rtcp.RECEIVER_REPORT, bytes(4) + block)
        remb = rtcp_packet(15, 206, bytes(8) + b"REMB" + bytes([1, 255, 255, 255]) + struct.pack("!L", n))
        reports.received(rtcp.split(report + remb), n / 1000)
    assert len(reports._highest) <= 64
    assert len(reports._estimates) <= 8
    assert reports._estimate_bps(0.5) < 10**11


@QUICKLY
@given(st.lists(st.integers(0, 65535), min_size=1, max_size=400))
def test_any_numbers_give_a_message_that_can_be_written(numbers: list[int]) -> None:
    log = ArrivalLog()
    for at, number in enumerate(numbers):
        log.add(number, at / 1000)
    taken: Feedback | None = log.take(1, 2)
    if taken is not None:
        assert len(feedback_message.build(taken)) < 3000
    assert len(log._ticks) <= 1400


@QUICKLY
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 65535), st.integers(0, 2**32 - 1), bodies), max_size=400
    )
)
def test_buffers_of_sound_and_pictures_have_an_end(packets: list[tuple[int, int, int, bytes]]) -> None:
    sound, pictures = AudioBuffer(), PictureBuffer()
    for at, (ssrc, number, timestamp, data) in enumerate(packets):
        sound.put(ssrc, number, timestamp, data)
        pictures.put(VideoPacket(number, timestamp, bool(ssrc & 1), data, "VP8", at / 1000))
        while pictures.pop() is not None:
            pass
        pictures.missing.due(at / 1000)
    if sound.waiting:
        sound.start(2000)
        for _ in range(300):
            sound.take()
    assert len(sound._pieces) <= 200
    assert len(pictures._packets) <= 1025 and len(pictures.missing) <= 400
