"""Our end of one connection's line: packets leave numbered and paced, answers are understood."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any

from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender

from kiosk.call.congestion import feedback_message, header, rtcp
from kiosk.call.congestion.arrival_log import ArrivalLog
from kiosk.call.congestion.controller import Controller, State
from kiosk.call.congestion.copies import AFTER_S, Copies
from kiosk.call.congestion.key_frames import KeyFrames
from kiosk.call.congestion.meters import RateMeter
from kiosk.call.congestion.pacer import Lane, Pacer
from kiosk.call.congestion.reports import Reports
from kiosk.call.congestion.resend import ResendBudget, Resends
from kiosk.call.congestion.sent_log import SentLog
from kiosk.call.repairs.transport_feedback import extension_ids, silence_remb
from kiosk.tasks import Tasks

_RTP_OVERHEAD_BYTES = 28 + 10  # IPv4, UDP, SRTP's tag
_DATA_OVERHEAD_BYTES = 28 + 29  # IPv4, UDP, DTLS
_FEEDBACK_BYTES, _FEEDBACK_PART = 80, 0.05  # a message on the wire; of our rate for all of them
_FEEDBACK_MIN_S, _FEEDBACK_MAX_S = 0.06, 0.25
_RESENT_BYTES, _RESENT_S, _LOSSY = 1200, 1.0, 0.04
_HOOKS = ("_send_rtp", "_send_data", "_handle_rtp_data", "_handle_rtcp_data")
_ASKS = ("_send_keyframe", "_retransmit")

_copying = ContextVar("this task sends what nobody has asked for again", default=False)


class LineEnd:
    """`attach` once before the connection is up, `close` with it. The conductor uses `controller`, `pacer`.

    `senders` in the order voice, face, otoscope, stethoscope.
    """

    def __init__(
        self,
        transport: RTCDtlsTransport,
        senders: Sequence[RTCRtpSender],
        receivers: Sequence[RTCRtpReceiver],
        controller: Controller | None = None,
    ) -> None:
        self.controller = controller or Controller()
        self.pacer = Pacer(self._leave, self._begin_pictures_anew, _RTP_OVERHEAD_BYTES)
        self._transport = transport
        self._senders = list(senders)
        self._receivers = list(receivers)
        self._lanes = _lanes(self._senders)
        self._pictures = [KeyFrames(s._send_keyframe) for s in self._senders if s.kind == "video"]
        self._sent, self._arrived, self._reports = SentLog(), ArrivalLog(), Reports(self.controller)
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = Tasks("feedback cannot be sent")
        self._media_ssrc = 0
        self._active: set[int] = set()  # SSRCs that have sent since their last report
        self.payload_types: dict[int, int] = {}
        """Of a sender's SSRC: what its packets are called instead."""
        self.came_back: Callable[[], None] = lambda: None
        """Called when something is heard again after a silence."""
        self.limit_data: Callable[[int, float | None], None] = lambda flight_max_bytes, answer_s: None
        """Called with how many bytes of data may be on their way at once, and when an answer is due."""
        self._budget = ResendBudget()
        self._copies = Copies()
        self._repeat: dict[int, Callable[[int], Awaitable[None]]] = {}
        self._resent = RateMeter(_RESENT_S)
        self._silenced = self._closed = False
        self._originals: dict[str, Callable[..., Awaitable[None]]] = {}

    def attach(self) -> None:
        """Take the place of the transport's own methods. Raises AttributeError in an aiortc without them."""
        for name in _HOOKS:
            if not hasattr(self._transport, name):
                raise AttributeError(f"this aiortc has no {name}: look for its own congestion control")
            self._originals[name] = getattr(self._transport, name)
            setattr(self._transport, name, getattr(self, name))
        videos = iter(self._pictures)
        for sender in self._senders:
            if missing := [name for name in _ASKS if not hasattr(sender, name)]:
                raise AttributeError(f"this aiortc has no {missing[0]}")
            if sender.kind == "video":
                setattr(sender, "_send_keyframe", next(videos).ask)  # noqa: B010
            if sender.kind == "video":
                self._repeat[sender._ssrc] = sender._retransmit
            setattr(sender, "_retransmit", self._limited(sender._retransmit))  # noqa: B010

    async def close(self) -> None:
        """Idempotent."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for pictures in self._pictures:
            pictures.close()
        await self.pacer.close()
        await self._tasks.close()

    @property
    def resent_bps(self) -> float:
        """What is sent a second time, lately: the pictures must leave room for it."""
        return self._resent.rate_bps(time.monotonic())

    def _begin_pictures_anew(self) -> None:
        for pictures in self._pictures:
            pictures.ask()

    def _limited(self, retransmit: Callable[[int], Awaitable[None]]) -> Callable[[int], Awaitable[None]]:
        resends = Resends()

        async def limited(sequence: int) -> None:
            now_s, seen = time.monotonic(), self.controller
            if not resends.may_send(sequence, seen.answer_s, now_s):
                return
            # Where much is lost, so is what is sent again; a picture that waits for it twice stands still.
            for _ in range(2 if seen.loss > _LOSSY else 1):
                if self._budget.take(_RESENT_BYTES, seen.rate_bps, now_s):
                    await retransmit(sequence)

        return limited

    # What leaves

    async def _send_rtp(self, data: bytes) -> None:
        is_rtcp = _is_rtcp(data)
        if is_rtcp and self._is_idle_report(data):
            return
        if self._closed or self._transport.state != "connected" or is_rtcp:
            for packet in rtcp.split(data) if is_rtcp else ():
                self._reports.sent(packet, time.monotonic())
            await self._originals["_send_rtp"](data)
            return
        self.pacer.rate_bps, self.pacer.burst_bps = self.controller.rate_bps, self.controller.burst_bps
        lane = Lane.COPY if _copying.get() else self._lanes.get(header.ssrc(data), Lane.NOW)
        await self.pacer.put(data, lane)

    def _is_idle_report(self, data: bytes) -> bool:
        """Who sent nothing since its last report makes none (RFC 3550 section 6.4); aiortc always does."""
        stamp = next((rtcp.report_stamp(packet) for packet in rtcp.split(data)[:1]), None)
        if stamp is None:
            return False
        ssrc, _ = stamp
        idle = ssrc not in self._active
        self._active.discard(ssrc)
        return idle

    async def _leave(self, data: bytes) -> None:
        now_s = time.monotonic()
        ssrc = header.ssrc(data)
        self._active.add(ssrc)
        payload_type = self.payload_types.get(ssrc)
        if payload_type is not None:
            data = b"".join((data[:1], bytes([data[1] & 0x80 | payload_type]), data[2:]))
        number_id, time_id = extension_ids(self._transport)
        values: dict[int, bytes] = {}
        size_bytes = len(data) + _RTP_OVERHEAD_BYTES
        if number_id is not None:
            size_bytes += 4
            values[number_id] = self._sent.add(now_s, size_bytes).to_bytes(2, "big")
        if time_id is not None and header.extension(data, time_id) is not None:
            values[time_id] = header.abs_send_time(now_s)
        self.controller.on_sent(size_bytes, now_s)
        if self._lanes.get(ssrc) is Lane.AGAIN:
            self._resent.add(now_s, size_bytes)
        seen, repeat = self.controller, self._repeat.get(ssrc)
        if repeat is not None and self._copies.wanted(size_bytes, seen.loss, seen.rate_bps, now_s):
            self._tasks.spawn(self._copy(repeat, int.from_bytes(data[2:4], "big")))
        await self._originals["_send_rtp"](header.with_extensions(data, values) if values else data)

    async def _copy(self, repeat: Callable[[int], Awaitable[None]], sequence: int) -> None:
        await asyncio.sleep(AFTER_S)
        _copying.set(True)
        with contextlib.suppress(ConnectionError):  # it went down meanwhile, which others notice
            await repeat(sequence)

    async def _send_data(self, data: bytes) -> None:
        self.pacer.charge(len(data))
        await self._originals["_send_data"](data)
        self.controller.on_sent(len(data) + _DATA_OVERHEAD_BYTES, time.monotonic(), acknowledged=False)

    # What arrives

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        with contextlib.suppress(header.HeaderError):  # the library judges such a packet itself
            self._note_arrival(data)
        await self._originals["_handle_rtp_data"](data, arrival_time_ms=arrival_time_ms)

    def _note_arrival(self, data: bytes) -> None:
        number_id, _ = extension_ids(self._transport)
        value = header.extension(data, number_id) if number_id is not None else None
        if value is None or len(value) != 2:
            return
        if not self._silenced:
            self._silenced = True
            for receiver in self._receivers:
                silence_remb(receiver)
        self._arrived.add(int.from_bytes(value, "big"), time.monotonic())
        self._media_ssrc = header.ssrc(data)
        if self._timer is None and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(self._feedback_interval_s, self._answer)

    @property
    def _feedback_interval_s(self) -> float:
        wanted_s = _FEEDBACK_BYTES * 8 / (_FEEDBACK_PART * self.controller.rate_bps)
        return min(_FEEDBACK_MAX_S, max(_FEEDBACK_MIN_S, wanted_s))

    def _answer(self) -> None:
        self._timer = None
        feedback = self._arrived.take(self._senders[0]._ssrc, self._media_ssrc)
        if feedback is not None and not self._closed:
            self._tasks.spawn(self._send_feedback(feedback_message.build(feedback)))

    async def _send_feedback(self, message: bytes) -> None:
        try:
            await self._originals["_send_rtp"](message)
        except ConnectionError:
            return  # the connection went down meanwhile, which others notice

    async def _handle_rtcp_data(self, data: bytes) -> None:
        now_s = time.monotonic()
        kept = bytearray()
        packets = rtcp.split(data)
        for packet in packets:
            if (packet.kind, packet.form) == (feedback_message.RTPFB, feedback_message.FORMAT):
                self._read_feedback(packet.data, now_s)
            else:
                kept += packet.data
        self._reports.received(packets, now_s)
        if kept:  # aiortc takes transport-wide feedback for a broken NACK, and drops all that came with it
            await self._originals["_handle_rtcp_data"](bytes(kept))

    def _read_feedback(self, data: bytes, now_s: float) -> None:
        try:
            feedback = feedback_message.parse(data)
        except feedback_message.FeedbackError:
            return
        silent = self.controller.state is State.SILENT
        self.controller.on_acks(self._sent.acks(feedback), now_s)
        if silent and self.controller.state is not State.SILENT:
            self.came_back()


def _is_rtcp(data: bytes) -> bool:
    """RFC 5761 section 4."""
    return len(data) >= 2 and 192 <= data[1] <= 208


def _lanes(senders: Sequence[Any]) -> dict[int, Lane]:
    lanes: dict[int, Lane] = {}
    for sender in senders:
        if sender.kind == "video":
            lanes[sender._ssrc] = Lane.PICTURE
            lanes[sender._rtx_ssrc] = Lane.AGAIN
    return lanes
