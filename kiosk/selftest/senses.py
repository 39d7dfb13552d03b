"""Cameras, microphones, loudspeaker and instruments, all tried at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from drivers.instrument import InstrumentStatus
from kiosk.call.checks.figures import Pictures
from kiosk.call.checks.judging import judge_camera
from kiosk.call.checks.report import CheckReason
from kiosk.call.checks.seeing import watch
from kiosk.config import Config
from kiosk.instruments import Instruments
from kiosk.selftest.chosen import expected_kinds, name_chosen
from kiosk.selftest.instruments import check_bluetooth, check_kinds, units_seen
from kiosk.selftest.report import Check, Part, Problem, Verdict, amber, red
from kiosk.selftest.speaker import check_speaker, judge_microphone
from kiosk.unit import Unit

LOOKING_S = 0.5
_PICTURE = {
    CheckReason.CAMERA_FROZEN: red(Part.FACE_CAMERA, Problem.FROZEN),
    CheckReason.CAMERA_BLACK: amber(Part.FACE_CAMERA, Problem.DARK),  # a cover, or a room at half past six
}

Statuses = Callable[[], Iterable[InstrumentStatus]]
Away = Callable[[Sequence[Unit]], Sequence[Unit]]


async def open_media(instruments: Instruments) -> None:
    """As for a consultation with everything switched on; `Instruments.rest` is the end of it."""
    instruments.wake()
    await instruments.switch("otoscope", True)
    await instruments.switch("stethoscope", True)


async def check_senses(
    config: Config,
    instruments: Instruments,
    statuses: Statuses,
    seen: Awaitable[object],
    limit_s: float,
    audible: bool,
    away: Away,
) -> tuple[Check, ...]:
    """With open media. `seen` ends when everything has had its time to show up, at the latest in `limit_s`.

    `audible`: nobody sits there whom a tone would startle. Without echo cancellation the loudspeaker is a
    handset, or hardware takes out what comes from it: a tone would not be heard. `away`: which Bluetooth
    units of this kiosk are not among those seen.
    """
    voice = instruments.voice if audible and config.call.echo_cancellation else None
    (speaker, heard), pictures, _ = await asyncio.gather(
        check_speaker(config.devices.speaker, voice),
        watch(instruments.frames.face, limit_s, LOOKING_S),
        seen,
    )
    known = tuple(statuses())
    adapter = check_bluetooth(config.devices.bluetooth, known)
    missing = away(units_seen(known)) if [each.verdict for each in adapter] == [Verdict.GREEN] else ()
    kinds = name_chosen(check_kinds(expected_kinds(config.devices), known, missing), config.devices)
    return (speaker, *adapter, *_judge_face(judge_microphone(kinds, heard), pictures))


def _judge_face(checks: Iterable[Check], pictures: Pictures) -> tuple[Check, ...]:
    """A camera that sends pictures may still show nothing."""
    seen = _PICTURE.get(judge_camera(pictures, present=True).reason)
    return tuple(
        seen if seen and check.part is Part.FACE_CAMERA and check.verdict is Verdict.GREEN else check
        for check in checks
    )
