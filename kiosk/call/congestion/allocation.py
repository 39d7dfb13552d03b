"""Who gets how much of the line. Pure; all rates in bit/s on the wire, headers included."""

from kiosk.call.streams import Shares, VoiceMode, Wants

VOICE_BPS = {VoiceMode.FULL: 57_000, VoiceMode.LEAN: 26_000}
DATA_BPS = 8_000
STETHOSCOPE_BPS = 90_000
# The floor counts headers. With 5 pictures a second (3.2 kbit/s of headers) the encoder, whose own floor of
# 25 kbit/s counts payload alone, takes at most those 3.2 kbit/s more.
PICTURE_MIN_BPS, PICTURE_MAX_BPS = 25_000, 1_800_000

_RESUME = 1.4  # of what a picture needs at least, to begin or to begin again
_FULL_OFF_BPS, _FULL_ON_BPS = 125_000, 150_000
_LIVE_OFF_BPS, _LIVE_ON_BPS = 142_000, 162_000
_OTOSCOPE_WEIGHT = 0.65
_BULK_MIN_BPS, _BULK_MAX_BPS = 8_000, 400_000
_BULK, _BULK_RECORDED = 0.12, 0.4  # of the line; while heart sounds travel as recordings
_PACKET_BYTES, _OVERHEAD_BYTES = 1200, 80  # RTP with extensions, SRTP, UDP, IP


def allocate(rate_bps: int, wants: Wants, before: Shares | None) -> Shares:
    """Voice and readings, then the stethoscope, then a slice of bulk, then pictures by weight.

    `before`: the shares until now; what is on stays on a little below what would switch it on.
    """
    live = wants.stethoscope and rate_bps >= _threshold(
        before is not None and before.stethoscope_live, _LIVE_OFF_BPS, _LIVE_ON_BPS
    )
    voice = _voice(rate_bps, wants, before)
    left_bps = rate_bps - VOICE_BPS[voice] - DATA_BPS - (STETHOSCOPE_BPS if live else 0)
    bulk_bps = _bulk(rate_bps, max(0, left_bps), wants, recorded=wants.stethoscope and not live)
    face_bps, otoscope_bps = _pictures(left_bps - bulk_bps, wants, before)
    if wants.bulk and not face_bps and not otoscope_bps:
        bulk_bps = min(_BULK_MAX_BPS, max(0, left_bps))
    return Shares(voice, live, face_bps, otoscope_bps, bulk_bps)


def encoder_bps(share_bps: int, rate_hz: float) -> int:
    """What the encoder itself may make out of a share, at this rate of pictures."""
    packets_hz = max(rate_hz, share_bps / 8 / _PACKET_BYTES) if share_bps else 0.0
    return max(0, min(int(share_bps - packets_hz * _OVERHEAD_BYTES * 8), share_bps))


def _threshold(on: bool, off_bps: int, on_bps: int) -> int:
    return off_bps if on else on_bps


def _voice(rate_bps: int, wants: Wants, before: Shares | None) -> VoiceMode:
    full = before is not None and before.voice is VoiceMode.FULL
    need_bps = _threshold(full, _FULL_OFF_BPS, _FULL_ON_BPS) + (STETHOSCOPE_BPS if wants.stethoscope else 0)
    return VoiceMode.FULL if rate_bps >= need_bps else VoiceMode.LEAN


def _bulk(rate_bps: int, left_bps: int, wants: Wants, recorded: bool) -> int:
    if not wants.bulk:
        return 0
    part_bps = int(rate_bps * (_BULK_RECORDED if recorded else _BULK))
    return min(left_bps, _BULK_MAX_BPS, max(_BULK_MIN_BPS, part_bps))


def _pictures(left_bps: int, wants: Wants, before: Shares | None) -> tuple[int, int]:
    """Face and otoscope. If only one can live, it is the otoscope."""
    otoscope_was = before is not None and before.otoscope_bps > 0
    face_was = before is not None and before.face_bps > 0
    otoscope = wants.otoscope is not None and left_bps >= _need(1, otoscope_was)
    places = 2 if otoscope else 1
    face = wants.face is not None and left_bps >= _need(places, face_was)
    if not (face and otoscope):
        alone_bps = min(left_bps, PICTURE_MAX_BPS)
        return (alone_bps if face else 0), (alone_bps if otoscope else 0)
    otoscope_bps = min(int(left_bps * _OTOSCOPE_WEIGHT), left_bps - PICTURE_MIN_BPS, PICTURE_MAX_BPS)
    return min(left_bps - otoscope_bps, PICTURE_MAX_BPS), otoscope_bps


def _need(pictures: int, was_on: bool) -> int:
    return int(pictures * PICTURE_MIN_BPS * (1.0 if was_on else _RESUME))
