"""The physician's page played in Python, from docs/security.md and docs/live-data.md: a real aiortc peer.

Its derivations are written a second time on purpose: it shares no code with the kiosk.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import ssl
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import av
import numpy as np
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from tests.fakes.polling import until


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "===")


def _expand(secret: bytes, info: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=b"telecabine/1", info=info.encode()).derive(secret)


class Tone(MediaStreamTrack):
    """A voice: a 440 Hz tone, 20 ms at a time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._silence = AudioStreamTrack()
        self._at = 0

    async def recv(self) -> av.AudioFrame:
        await self._silence.recv()  # paces at 20 ms
        time = (np.arange(960) + self._at) / 48_000
        samples = (np.sin(2 * np.pi * 440 * time) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._at, Fraction(1, 48_000)
        self._at += 960
        return frame


@dataclass(slots=True)
class Heard:
    """What one incoming track has brought."""

    frames: int = 0
    samples: list[NDArray[np.int16]] = field(default_factory=list)
    last: NDArray[Any] | None = None

    def sound(self) -> NDArray[np.int16]:
        return np.concatenate(self.samples) if self.samples else np.zeros(0, dtype=np.int16)


class Physician:
    """One browser tab. `async with Physician(link, context)`, then wait for what should happen."""

    def __init__(self, link: str, context: ssl.SSLContext, seat: str = "", with_media: bool = True) -> None:
        page, _, fragment = link.partition("#")
        secret_text, _, relay = fragment.partition("@")
        self.relay = _unb64(relay).decode() if relay else f"wss://{urlsplit(page).netloc}/signal"
        self.secret = _unb64(secret_text)
        self.room = _b64(_expand(self.secret, "room", 16))
        self._keys = {who: _expand(self.secret, who, 32) for who in ("kiosk", "physician")}
        self.seat = seat or _b64(secrets.token_bytes(16))
        self._context = context
        self._with_media = with_media
        self._nonce = _b64(secrets.token_bytes(16))
        self.kiosk_nonce = ""
        self.connection: RTCPeerConnection | None = None
        self.live: RTCDataChannel | None = None
        self.messages: list[dict[str, Any]] = []
        self.waves: list[dict[str, Any]] = []
        self.heard: list[Heard] = []
        self.rejected = ""
        self.close_code: int | None = None
        self.present: bool | None = None
        self.sent: list[str] = []
        self.words: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Physician":
        self._session = aiohttp.ClientSession()
        self._tasks.append(asyncio.create_task(self._run()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.connection is not None:
            await self.connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def until(self, condition: Any, timeout_s: float = 20.0) -> None:
        """Wait until `condition()` holds."""
        await until(condition, timeout_s)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    def send(self, kind: str, **fields: Any) -> None:
        assert self.live is not None
        self.live.send(json.dumps({"v": 1, "type": kind, **fields}))

    # Signalling

    async def _run(self) -> None:
        query = {"room": self.room, "role": "physician", "seat": self.seat}
        async with self._session.ws_connect(self.relay, params=query, ssl=self._context) as self._socket:
            async for frame in self._socket:
                await self._receive(json.loads(frame.data))
            self.close_code = self._socket.close_code

    async def _receive(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "peer":
                self.present = message["present"]
                if self.present:
                    await self._hello()
                else:
                    self.kiosk_nonce = ""
            case "hello":
                if self._genuine("hello", "", message, kiosk_nonce=message["nonce"], page_nonce="", seat=""):
                    self.kiosk_nonce = message["nonce"]
                    if self.connection is None:
                        await self.offer()
            case "answer":
                if self._genuine("answer", message["sdp"], message):
                    await self._accept(message["sdp"])
            case "reject":
                if self._genuine("reject", message["reason"], message):
                    self.rejected = message["reason"]

    def _mac(self, who: str, kind: str, kiosk_nonce: str, page_nonce: str, seat: str, body: str) -> str:
        text = "\n".join(("telecabine/1", kind, kiosk_nonce, page_nonce, seat, body))
        return _b64(hmac.digest(self._keys[who], text.encode(), hashlib.sha256))

    def _genuine(self, kind: str, body: str, message: dict[str, Any], **parts: str) -> bool:
        kiosk_nonce = parts.get("kiosk_nonce", self.kiosk_nonce)
        page_nonce, seat = parts.get("page_nonce", self._nonce), parts.get("seat", self.seat)
        genuine = self._mac("kiosk", kind, kiosk_nonce, page_nonce, seat, body) == message.get("mac")
        if not genuine:
            self.rejected = "tampered"
            self._tasks.append(asyncio.create_task(self._reject()))
        return genuine

    async def _reject(self) -> None:
        await self.signal("reject", "reason", "tampered")
        if self.connection is not None:
            await self.connection.close()

    async def _hello(self) -> None:
        mac = self._mac("physician", "hello", "", self._nonce, self.seat, "")
        await self._transmit({"type": "hello", "nonce": self._nonce, "seat": self.seat, "mac": mac})

    async def signal(self, kind: str, key: str, body: str) -> None:
        mac = self._mac("physician", kind, self.kiosk_nonce, self._nonce, self.seat, body)
        await self._transmit({"type": kind, key: body, "mac": mac})

    async def _transmit(self, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        self.sent.append(text)
        await self._socket.send_str(text)

    async def send_raw(self, text: str) -> None:
        await self._socket.send_str(text)

    # The connection

    async def offer(self) -> None:
        """A new connection, as after a cut: the one before is thrown away."""
        if self.connection is not None:
            await self.connection.close()
        self.heard = [Heard() for _ in range(4)]
        connection = self.connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        voice, face = (Tone(), VideoStreamTrack()) if self._with_media else ("audio", "video")
        sections = [
            connection.addTransceiver(voice, direction="sendrecv"),
            connection.addTransceiver(face, direction="sendrecv"),
            connection.addTransceiver("video", direction="recvonly"),
            connection.addTransceiver("audio", direction="recvonly"),
        ]
        self.live = connection.createDataChannel("live")
        readings = connection.createDataChannel("readings", ordered=False)
        waves = connection.createDataChannel("waves", ordered=False, maxRetransmits=0)
        for channel in (self.live, readings):
            channel.on("message", lambda text: self.messages.append(json.loads(text)))
        waves.on("message", lambda text: self.waves.append(json.loads(text)))
        self._sections = sections
        await connection.setLocalDescription(await connection.createOffer())
        await self.signal("offer", "sdp", candidates_first(connection.localDescription.sdp))

    def cut(self) -> None:
        """The line is dead: nothing leaves or arrives any more, and nobody is told."""
        ice = self._sections[0].receiver.transport.transport._connection
        for protocol in ice._protocols:
            protocol.transport.close()

    async def _accept(self, sdp: str) -> None:
        assert self.connection is not None
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        for section, heard in zip(self._sections, self.heard, strict=True):
            if section.receiver.track is not None:
                self._tasks.append(asyncio.create_task(_listen(section.receiver.track, heard)))
        self.words = self._four_words(self.connection.localDescription.sdp, sdp)

    def _four_words(self, local: str, remote: str) -> list[str]:
        """Their numbers in the list, as text."""
        found = [_fingerprint(local), _fingerprint(remote)]
        return [str(index) for index in _expand(self.secret, "words" + "\n".join(sorted(found)), 4)]

    @property
    def state(self) -> str:
        return self.connection.connectionState if self.connection is not None else "none"


def _fingerprint(sdp: str) -> str:
    line = next(line for line in sdp.splitlines() if line.startswith("a=fingerprint:sha-256 "))
    return line.split(" ")[1].strip().upper()


def candidates_first(sdp: str) -> str:
    """As browsers write it: the candidates of a bundle in its first section only."""
    first, *others = sdp.split("m=")
    kept = ["\r\n".join(x for x in part.split("\r\n") if "candidate" not in x) for part in others[1:]]
    return "m=".join([first, others[0], *kept])


async def _listen(track: MediaStreamTrack, heard: Heard) -> None:
    try:
        while True:
            frame = await track.recv()
            heard.frames += 1
            if isinstance(frame, av.AudioFrame):
                heard.samples.append(frame.to_ndarray().reshape(-1, 2)[:, 0].astype(np.int16))
            elif isinstance(frame, av.VideoFrame):
                heard.last = frame.to_ndarray()
    except MediaStreamError:
        return
