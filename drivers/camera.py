"""The otoscope and the face camera: found, opened when asked, watched, reopened."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from devices.device import CameraMatch, Device
from devices.reading import DeviceIdentity, Kind
from drivers.bulk_camera import BulkCamera
from drivers.capture import CaptureThread, Opener
from drivers.frames import FrameSlot
from drivers.identity import is_meant, meant
from drivers.instrument import InstrumentState, InstrumentStatus, Reason, Sink
from drivers.looks import Looks
from drivers.opencv_camera import OpenCvCamera
from drivers.orientation import AS_IT_COMES, Orientation
from drivers.video_nodes import VideoNode, find_cameras, is_match

POLL_S = 0.25
STALL_S = 2.0
RETRY_S = 1.0
RELEASE_S = 11.0  # OpenCV may wait 10 s for a stalled camera; a thread still in it aborts the process

Choice = Callable[[Sequence[VideoNode]], VideoNode | None]
Verdict = tuple[InstrumentState, Reason]


@dataclass(frozen=True, slots=True)
class CameraRole:
    """What a camera is used for, and which of the cameras present is taken for it. `key` is the status id.

    `declared`: cameras that are looked for though no driver of the system takes them.
    """

    key: str
    kind: Kind
    name: str
    choose: Choice
    declared: tuple[Device, ...] = ()

    def present(self) -> list[VideoNode]:
        """Every camera among which it may choose."""
        return find_cameras(self.declared)


def otoscope_role(
    device: Device, chosen: str = "", face: str = "", declared: tuple[Device, ...] = ()
) -> CameraRole:
    """The camera that the site has chosen, else a catalogued one; never the chosen `face`."""
    match = _camera_match(device)

    def choose(nodes: Sequence[VideoNode]) -> VideoNode | None:
        if chosen:
            return meant(chosen, nodes)
        return next((n for n in nodes if _is_otoscope(n, match) and not is_meant(face, n)), None)

    return CameraRole(device.key, Kind.OTOSCOPE, device.name, choose, declared)


def face_role(
    otoscope: Device, chosen: str = "", ear: str = "", declared: tuple[Device, ...] = (), name: str = "Camera"
) -> CameraRole:
    """The camera that looks at the patient: the chosen one, else any but an otoscope (`ear`: the chosen)."""
    match = _camera_match(otoscope)

    def choose(nodes: Sequence[VideoNode]) -> VideoNode | None:
        if chosen:
            return meant(chosen, nodes)
        return next((n for n in nodes if not _is_otoscope(n, match) and not is_meant(ear, n)), None)

    return CameraRole("face_camera", Kind.CAMERA, name, choose, declared)


def _is_otoscope(node: VideoNode, match: CameraMatch) -> bool:
    if node.declared is not None:
        return node.declared.kind is Kind.OTOSCOPE
    return is_match(node, match)


def _camera_match(device: Device) -> CameraMatch:
    if not isinstance(device.match, CameraMatch):
        raise TypeError(f"{device.key} is not a camera")
    return device.match


class Camera:
    """One role. `run` for as long as the kiosk lives; `start` and `stop` the capture, on the asyncio loop.

    READY: plugged in, not streaming. FOUND: being opened. MEASURING: pictures arrive in the slot.
    FAULTY with CAMERA_STALLED: nothing for `STALL_S`; it is reopened until pictures come. LOST: unplugged;
    capture goes on when it is back. `pressed` is called on the loop, for a button that the camera tells of
    among its pictures.
    """

    def __init__(
        self, role: CameraRole, sink: Sink, slot: FrameSlot, pressed: Callable[[], None] = lambda: None
    ) -> None:
        self.role = role
        self.slot = slot
        self.orientation = AS_IT_COMES
        self.plugged_in: VideoNode | None = None
        self._looks: Looks[list[VideoNode]] = Looks()
        self._sink = sink
        self._pressed = pressed
        self._wanted = False
        self._wake = asyncio.Event()
        self._thread: CaptureThread | None = None
        self._leaving: CaptureThread | None = None
        self._identity: DeviceIdentity | None = None
        self._alive_s = 0.0
        self._sequence = 0
        self._streamed = False
        self._refused: Reason | None = None  # of the last try to open it: it stays so until pictures come
        self._reported: InstrumentStatus | None = None

    def take(self, role: CameraRole) -> None:
        """Another choice, from now on. A camera that both choices mean goes on."""
        self.role = role
        self._identity = None
        self._wake.set()

    def orient(self, orientation: Orientation) -> None:
        """From the next picture on; those before are forgotten, so that none is kept that is not as seen."""
        self.orientation = orientation
        self.slot.clear()

    def start(self) -> None:
        """Capture from now on, also across replugs."""
        self._wanted = True
        self._alive_s = time.monotonic()
        self._wake.set()

    def stop(self) -> None:
        """Release the camera and forget its last picture."""
        self._wanted = False
        self._release()
        self._wake.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                await self._step()
                await self._pause()
        finally:
            self._release()
            if self._leaving:
                await asyncio.to_thread(self._leaving.join, RELEASE_S)

    async def _step(self) -> None:
        role = self.role
        node = self.plugged_in = role.choose(await asyncio.to_thread(self._looks.found, role.present))
        if node is not None:
            self._identity = _identify(role, node)
        self._report(*self._follow(node))

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    def _follow(self, node: VideoNode | None) -> Verdict:
        if node is None:
            self._release()
            gone = InstrumentState.LOST, Reason.UNPLUGGED
            return gone if self._identity else (InstrumentState.ABSENT, Reason.NONE)
        if not self._wanted:
            return InstrumentState.READY, Reason.NONE
        self._keep_capturing(node)
        return self._judge()

    def _keep_capturing(self, node: VideoNode) -> None:
        if self._leaving and self._leaving.alive:
            return
        if self._thread is None:
            self._alive_s = time.monotonic()
        elif not self._is_over(self._thread, node):
            return
        self._thread = CaptureThread(
            node.node, self._opener(node), self.slot, self._sequence, STALL_S, lambda: self.orientation
        )

    def _opener(self, node: VideoNode) -> Opener:
        if node.declared is None:
            return partial(OpenCvCamera, node.node)
        pressed = partial(self._tell_pressed, asyncio.get_running_loop())
        return partial(BulkCamera, str(node.node), node.declared, pressed)

    def _tell_pressed(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called in the thread that captures."""
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._pressed)

    def _is_over(self, thread: CaptureThread, node: VideoNode) -> bool:
        """True when this thread has let go of the camera and another may be tried."""
        self._note(thread)
        if thread.node != node.node:
            thread.stop()
        return not thread.alive and time.monotonic() - thread.started_s >= RETRY_S

    def _note(self, thread: CaptureThread) -> None:
        self._sequence = thread.sequence
        if thread.last_frame_s is not None and thread.last_frame_s > self._alive_s:
            self._alive_s = thread.last_frame_s
            self._streamed, self._refused = True, None
        elif thread.refused is not None:
            self._streamed, self._refused = False, thread.refused

    def _judge(self) -> Verdict:
        if self._refused and not self._streamed:
            self.slot.clear()
            return InstrumentState.FAULTY, self._refused
        if time.monotonic() - self._alive_s >= STALL_S:
            self._streamed = False
            self.slot.clear()
            return InstrumentState.FAULTY, Reason.CAMERA_STALLED
        return InstrumentState.MEASURING if self._streamed else InstrumentState.FOUND, Reason.NONE

    def _release(self) -> None:
        if self._thread is not None:
            self._thread.stop()
            self._sequence = self._thread.sequence
            self._leaving, self._thread = self._thread, None
        self._streamed, self._refused = False, None
        self.slot.clear()

    def _report(self, state: InstrumentState, reason: Reason) -> None:
        status = InstrumentStatus(
            self.role.key, self.role.kind, self.role.name, state, reason, self._identity
        )
        if status != self._reported:
            self._reported = status
            self._sink.status(status)


def _identify(role: CameraRole, node: VideoNode) -> DeviceIdentity:
    return DeviceIdentity(
        device=node.declared.key if node.declared else role.key,
        manufacturer=node.manufacturer,
        model=node.name,
        serial=node.serial,
        address=node.stable_id,
    )
