"""All drivers of this kiosk: what runs always, what is opened for a consultation, what is kept."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np

from devices.catalog import devices
from devices.device import BleMatch, Device
from devices.event import Recall
from devices.reading import WORN, Attachment, Clock, DeviceIdentity, Kind, Reading, Waveform
from drivers.audio import AudioSource
from drivers.audio_player import AudioPlayer
from drivers.camera import Camera
from drivers.camera_button import CameraButton
from drivers.chunks import CHUNK_MS, AudioChunk, Samples
from drivers.instrument import InstrumentStatus, Sink
from drivers.left_alone import left_alone
from drivers.sound_server import SoundServer
from drivers.supervisor import Link, Supervisor
from drivers.video_nodes import VideoNode
from kiosk.boards import make_board
from kiosk.clip import CONTENT_TYPE, record_clip
from kiosk.devices_config import DevicesConfig
from kiosk.frames import Frames, VideoFrame, sharpest
from kiosk.roles import PluggedIn, Roles

CLIP_S = 10.0
CLIP_LIMIT_S = 30.0
CLIP_CHUNKS = int(CLIP_S * 1000 / CHUNK_MS)
JPEG_QUALITY = 92


class CaptureError(Exception):
    """There is no picture, or the sound stopped while it was recorded."""


class Instruments:
    """Cameras and microphones rest until `wake`; serial ports and Bluetooth are always watched.

    `on_button` is called when somebody presses the button of the otoscope. Not `take`: of an instrument that
    may send each result only once it is told that it is there, and nothing is taken from it. `spared`: the
    ids of Bluetooth instruments that are left alone, while a technician pairs with them.
    """

    def __init__(self, config: DevicesConfig, sink: Sink, *, take: bool = True) -> None:
        known = left_alone(served(config), unless=take)
        self.frames = Frames()
        self.spared: set[str] = set()
        self.otoscope_on = False
        self.stethoscope_on = False
        self._frozen: tuple[VideoFrame, ...] = ()
        self.speaker = AudioPlayer(sink=config.speaker or None)
        self._sound = SoundServer()
        outlets = [_Outlet(sink) for _ in range(4)]
        roles = Roles(config)
        self.face = Camera(roles.face, outlets[0], self.frames.face)
        self.otoscope = Camera(roles.otoscope, outlets[1], self.frames.otoscope, lambda: self.on_button())
        self.voice = AudioSource(roles.voice, outlets[2], self._sound)
        self._board = make_board(config)
        board = self._board if roles.from_board else None
        self.stethoscope = AudioSource(roles.stethoscope, outlets[3], self._sound, board)
        reporting: list[Link] = [self.face, self.otoscope, self.voice, self.stethoscope]
        makers = [outlet.maker(link) for outlet, link in zip(outlets, reporting, strict=True)]
        self.on_button: Callable[[], None] = lambda: None
        button = CameraButton(self._camera_with_button, lambda: self.on_button())
        silent: list[Link] = [self._sound, self.speaker, button, *([self._board] if self._board else [])]
        links = [*makers, *(_Outlet(sink).maker(link) for link in silent)]
        self._supervisor = Supervisor(known, sink, links, board=self._board, spared=self.spared)

    async def run(self) -> None:
        """Watch every instrument until cancelled."""
        await self._supervisor.run()

    async def recall(self, instrument_id: str) -> Recall:
        """Ask for the newest recording; it comes as any reading does. Cancelled: it is given up."""
        return await self._supervisor.recall(instrument_id)

    def choose(self, config: DevicesConfig) -> None:
        """Other cameras and sound inputs from now on, where `config` names others."""
        roles = Roles(config)
        self.face.take(roles.face)
        self.otoscope.take(roles.otoscope)
        self.voice.take(roles.voice)
        self.stethoscope.take(roles.stethoscope, self._board if roles.from_board else None)

    async def plugged_in(self) -> PluggedIn:
        """Every camera and every sound input, and which serves for what."""
        cameras = tuple(await asyncio.to_thread(self.otoscope.role.present))
        sources, default = self._sound.sources or (), self._sound.default_source
        used = {
            "face_camera": self.face.role.choose(cameras),
            "otoscope": self.otoscope.role.choose(cameras),
            "microphone": self.voice.role.choose(sources, default),
            "stethoscope": self.stethoscope.chosen(),
        }
        boards = self._board.sources if self._board else ()
        return PluggedIn(cameras, tuple(source for source in sources if not source.monitor), boards, used)

    def wake(self) -> None:
        """A consultation begins: the patient is seen and heard."""
        self.face.start()
        self.voice.start()

    async def rest(self) -> None:
        """The consultation is over: no camera and no microphone stays open."""
        self.face.stop()
        self.voice.stop()
        self.drop_frozen()
        await self.switch("otoscope", False)
        await self.switch("stethoscope", False)

    async def switch(self, what: str, on: bool) -> None:
        """Open or close the otoscope or the stethoscope."""
        if what == "otoscope":
            self.otoscope_on = on
            (self.otoscope.start if on else self.otoscope.stop)()
        else:
            self.stethoscope_on = on
            (self.stethoscope.start if on else self.stethoscope.stop)()

    def _camera_with_button(self) -> VideoNode | None:
        """Switched off there is nothing to hold: nobody looks for its button all day."""
        return self.otoscope.plugged_in if self.otoscope_on else None

    async def capture(self, what: str, site: str) -> Reading:
        """A picture of the otoscope, or `CLIP_S` of the stethoscope. Raises CaptureError."""
        return await (
            self._picture(self.frames.otoscope.recent(), site) if what == "otoscope" else self._clip(site)
        )

    @property
    def holds_picture(self) -> bool:
        """One was frozen, and neither kept nor dropped."""
        return bool(self._frozen)

    def freeze(self) -> bool:
        """The picture of now is to be kept, also when the ear is told later. False: there is none."""
        self._frozen = self.frames.otoscope.recent()
        return self.holds_picture

    def drop_frozen(self) -> bool:
        """It is not to be kept. False: there was none."""
        held, self._frozen = self.holds_picture, ()
        return held

    async def keep_frozen(self, site: str) -> Reading:
        """The picture of the last `freeze`, once. Raises CaptureError."""
        frozen, self._frozen = self._frozen, ()
        return await self._picture(frozen, site)

    async def _picture(self, frames: tuple[VideoFrame, ...], site: str) -> Reading:
        if not frames:
            raise CaptureError("the otoscope shows no picture")
        frame = await asyncio.to_thread(sharpest, frames)
        taken_at = datetime.now().astimezone() - timedelta(seconds=time.monotonic() - frame.captured_s)
        jpeg = await asyncio.to_thread(_jpeg, frame)
        seen = frame.orientation
        picture = Attachment("image/jpeg", jpeg, site, seen.turned_deg, seen.mirrored)
        identity = self._identity(Kind.OTOSCOPE, self.otoscope.role.key)
        return _captured(Kind.OTOSCOPE, identity, taken_at, picture)

    async def _clip(self, site: str) -> Reading:
        started_by_us = not self.stethoscope_on
        if started_by_us:
            await self.switch("stethoscope", True)
        taken_at = datetime.now().astimezone()
        try:
            pcm, rate_hz = await self._listen()
        finally:
            if started_by_us:
                await self.switch("stethoscope", False)
        clip = await asyncio.to_thread(record_clip, pcm, rate_hz)
        identity = self._identity(Kind.STETHOSCOPE, self.stethoscope.role.key)
        return _captured(Kind.STETHOSCOPE, identity, taken_at, Attachment(CONTENT_TYPE, clip, site))

    async def _listen(self) -> tuple[Samples, int]:
        """Consecutive sound of one rate: a hole would lie about the heart, the clip begins anew after one."""
        pieces: list[AudioChunk] = []
        try:
            async with asyncio.timeout(CLIP_LIMIT_S):
                with self.stethoscope.listen_raw() as queue:
                    async for chunk in queue:
                        if chunk.gap or (pieces and chunk.rate_hz != pieces[-1].rate_hz):
                            pieces.clear()
                        pieces.append(chunk)
                        if len(pieces) == CLIP_CHUNKS:
                            return np.concatenate([piece.samples for piece in pieces]), chunk.rate_hz
        except TimeoutError as error:
            raise CaptureError(f"{len(pieces)} of {CLIP_CHUNKS} consecutive pieces of sound came") from error
        raise CaptureError("the stethoscope went away")

    def _identity(self, kind: Kind, key: str) -> DeviceIdentity:
        known = (s.identity for s in self._supervisor.statuses() if s.kind is kind and s.identity)
        return next(known, DeviceIdentity(key))


class _Outlet:
    """A sink for one driver that lives as long as the kiosk: it reports to the supervisor's guard of it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def maker(self, link: Link) -> Callable[[Sink], Link]:
        def make(sink: Sink) -> Link:
            self._sink = sink
            return link

        return make

    def status(self, status: InstrumentStatus) -> None:
        self._sink.status(status)

    async def reading(self, reading: Reading) -> None:
        await self._sink.reading(reading)

    def waveform(self, waveform: Waveform) -> None:
        self._sink.waveform(waveform)


def served(config: DevicesConfig) -> list[Device]:
    """What is looked for here: the whole catalogue, without Bluetooth where the site wants none."""
    return [
        device for device in devices() if not isinstance(device.match, BleMatch) or _is_ours(device, config)
    ]


def _is_ours(device: Device, config: DevicesConfig) -> bool:
    """Anybody in reach may use a cuff: where the site says what it owns, no other is answered by radio."""
    owned = device.kind.value in config.expected
    return config.bluetooth and (owned or not (config.expected or device.kind in WORN))


def _captured(kind: Kind, identity: DeviceIdentity, taken_at: datetime, attachment: Attachment) -> Reading:
    return Reading(uuid4(), kind, identity, taken_at, Clock.KIOSK, (), attachment=attachment)


def _jpeg(frame: VideoFrame) -> bytes:
    import cv2

    bgr = cv2.cvtColor(frame.i420, cv2.COLOR_YUV2BGR_I420)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise CaptureError("the picture could not be encoded")
    return bytes(data)
