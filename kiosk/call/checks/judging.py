"""From figures to a light and a reason. Pure; the limits are here and nowhere else.

The physician's page judges its own line with the same limits (ui/physician/precheck_judge.js).
"""

from collections.abc import Iterator

from drivers.levels import Level
from kiosk.call.checks.figures import LineFigures, Output, Pictures
from kiosk.call.checks.report import CheckPart, CheckReason, Light, PartCheck

BLACK_BELOW = 40.0  # luma: a covered lens stays under it, a face by one lamp does not
SILENT_BELOW_DBFS = -90.0  # no microphone is that quiet: it is muted, or its plug is out
FAINT_BELOW_DBFS = -72.0
LOW_VOLUME_PERCENT = 10
VOICE_ONLY_BPS = 60_000.0
WEAK_BPS = 300_000.0
LOSSY = 0.08
SLOW_RTT_MS = 400.0

Found = tuple[Light, CheckReason]


def judge_camera(pictures: Pictures, present: bool) -> PartCheck:
    """`present`: a camera is plugged in."""
    detail = (
        f"{pictures.width}x{pictures.height}, {pictures.count} pictures, "
        f"luma {pictures.brightest:.0f}, change {pictures.change:.2f}"
    )
    return PartCheck(CheckPart.CAMERA, *_camera(pictures, present), detail)


def _camera(pictures: Pictures, present: bool) -> Found:
    if pictures.count < 2:
        missing = CheckReason.CAMERA_NO_PICTURE if present else CheckReason.CAMERA_MISSING
        return Light.RED, missing
    if pictures.brightest < BLACK_BELOW:
        return Light.RED, CheckReason.CAMERA_BLACK
    if pictures.change == 0:  # a sensor has noise even where nothing moves
        return Light.RED, CheckReason.CAMERA_FROZEN
    return Light.GREEN, CheckReason.NONE


def judge_microphone(level: Level | None, present: bool) -> PartCheck:
    """`level` None: no sound came at all. Quiet is no fault by itself: nobody may be speaking."""
    if level is None:
        reason = CheckReason.MICROPHONE_SILENT if present else CheckReason.MICROPHONE_MISSING
        return PartCheck(CheckPart.MICROPHONE, Light.RED, reason)
    detail = f"peak {level.peak_dbfs:.0f} dBFS, RMS {level.rms_dbfs:.0f} dBFS"
    return PartCheck(CheckPart.MICROPHONE, *_microphone(level), detail)


def _microphone(level: Level) -> Found:
    if level.peak_dbfs <= SILENT_BELOW_DBFS:
        return Light.RED, CheckReason.MICROPHONE_SILENT
    if level.peak_dbfs <= FAINT_BELOW_DBFS:
        return Light.ORANGE, CheckReason.MICROPHONE_FAINT
    return Light.GREEN, CheckReason.NONE


def judge_speaker(output: Output) -> PartCheck:
    detail = f"{output.name or '-'}, {output.volume_percent} %"
    return PartCheck(CheckPart.SPEAKER, *_speaker(output), detail)


def _speaker(output: Output) -> Found:
    if not output.server:
        return Light.RED, CheckReason.SOUND_STOPPED
    if not output.name:
        return Light.RED, CheckReason.SPEAKER_MISSING
    if output.muted or output.volume_percent < LOW_VOLUME_PERCENT:
        return Light.RED, CheckReason.SPEAKER_OFF
    if output.takes_sound is False:
        return Light.RED, CheckReason.SPEAKER_REFUSED
    return Light.GREEN, CheckReason.NONE


def judge_line(line: LineFigures) -> PartCheck:
    return PartCheck(CheckPart.LINE, *_line(line), line_detail(line))


def _line(line: LineFigures) -> Found:
    if not line.reachable:
        return Light.RED, CheckReason.LINE_DOWN
    if line.udp is not None and not line.udp.reachable:
        return Light.RED, CheckReason.LINE_RELAY
    rates = [rate for rate in (line.up_bps, line.down_bps) if rate is not None and not line.local]
    if rates and min(rates) < VOICE_ONLY_BPS:
        return Light.RED, CheckReason.LINE_VOICE_ONLY
    return _quality(line, min(rates, default=None))


def _quality(line: LineFigures, rate_bps: float | None) -> Found:
    rtt_ms = line.udp.rtt_ms if line.udp is not None else None if line.local else line.rtt_ms
    loss = line.udp.loss if line.udp is not None else None
    if loss is not None and loss > LOSSY:
        return Light.ORANGE, CheckReason.LINE_LOSSY
    if rate_bps is not None and rate_bps < WEAK_BPS:
        return Light.ORANGE, CheckReason.LINE_WEAK
    if rtt_ms is not None and rtt_ms > SLOW_RTT_MS:
        return Light.ORANGE, CheckReason.LINE_SLOW
    if rate_bps is None and loss is None:
        return Light.UNKNOWN, CheckReason.LINE_UNMEASURED
    return Light.GREEN, CheckReason.NONE


def line_detail(line: LineFigures) -> str:
    """The figures in one row, for the technician."""
    return ", ".join(_figures(line))


def _figures(line: LineFigures) -> Iterator[str]:
    if line.local:
        yield "rendezvous on this machine"
    for name, rate_bps in (("up", line.up_bps), ("down", line.down_bps)):
        if rate_bps is not None:
            yield f"{name} {rate_bps / 1000:.0f} kbit/s"
    if line.rtt_ms is not None and not line.local:
        yield f"RTT {line.rtt_ms:.0f} ms"
    if line.udp is None:
        return
    yield "TURN reachable" if line.udp.reachable else "TURN unreachable"
    if line.udp.rtt_ms is not None:
        yield f"TURN RTT {line.udp.rtt_ms:.0f} ms"
    if line.udp.loss is not None:
        yield f"loss {line.udp.loss * 100:.1f} %"
