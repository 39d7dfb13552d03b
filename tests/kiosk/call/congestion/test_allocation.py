from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.congestion.allocation import (
    DATA_BPS,
    PICTURE_MAX_BPS,
    PICTURE_MIN_BPS,
    STETHOSCOPE_BPS,
    VOICE_BPS,
    allocate,
    encoder_bps,
)
from kiosk.call.encoding.pictures import RATE_MIN_BPS
from kiosk.call.streams import Shares, Size, VoiceMode, Wants

VGA = Size(640, 480, 30.0)
_WANTS = st.builds(
    Wants, st.sampled_from([None, VGA]), st.sampled_from([None, VGA]), st.booleans(), st.booleans()
)
_RATES = st.integers(30_000, 5_000_000)


def total(shares: Shares) -> int:
    live = STETHOSCOPE_BPS if shares.stethoscope_live else 0
    parts = VOICE_BPS[shares.voice], DATA_BPS, live, shares.face_bps, shares.otoscope_bps, shares.bulk_bps
    return sum(parts)


def wants(face: bool = True, otoscope: bool = False, stethoscope: bool = False, bulk: bool = False) -> Wants:
    return Wants(VGA if face else None, VGA if otoscope else None, stethoscope, bulk)


def test_the_face_on_200k() -> None:
    assert allocate(200_000, wants(), None).face_bps >= 100_000
    assert allocate(200_000, wants(bulk=True), None).face_bps >= 100_000


def test_60k_carries_voice_data_and_still_pictures() -> None:
    shares = allocate(60_000, wants(otoscope=True, bulk=True), None)
    assert (shares.voice, shares.face_bps, shares.otoscope_bps) == (VoiceMode.LEAN, 0, 0)
    assert shares.bulk_bps >= 8_000


def test_the_otoscope_outranks_the_face() -> None:
    shares = allocate(1_000_000, wants(otoscope=True), None)
    assert 0.6 < shares.otoscope_bps / (shares.otoscope_bps + shares.face_bps) < 0.8
    only = allocate(80_000, wants(otoscope=True), None)
    assert only.otoscope_bps > PICTURE_MIN_BPS
    assert only.face_bps == 0


def test_heart_sounds_go_before_pictures_but_not_before_the_voice() -> None:
    assert allocate(170_000, wants(stethoscope=True), None).stethoscope_live
    recorded = allocate(120_000, wants(stethoscope=True, bulk=True), None)
    assert not recorded.stethoscope_live
    assert recorded.bulk_bps > 40_000


def test_nothing_flaps() -> None:
    """Around each threshold, what is on stays on."""
    before: Shares | None = None
    changes = 0
    for step in range(200):
        shares = allocate(150_000 + (4_000 if step % 2 else -4_000), wants(True, True, True, True), before)
        if before is not None:
            changes += (
                shares.voice,
                shares.stethoscope_live,
                shares.face_bps > 0,
                shares.otoscope_bps > 0,
            ) != (
                before.voice,
                before.stethoscope_live,
                before.face_bps > 0,
                before.otoscope_bps > 0,
            )
        before = shares
    assert changes <= 1


def test_headers_are_not_for_the_encoder() -> None:
    assert 85_000 < encoder_bps(100_000, 15.0) < 95_000
    assert encoder_bps(0, 15.0) == 0
    assert encoder_bps(1_000_000, 30.0) > 900_000


def test_the_floor_of_a_picture_counts_its_headers() -> None:
    """The encoder's own floor counts none: on the poorest rung that is hardly more than the share."""
    payload_bps, headers_bps = encoder_bps(PICTURE_MIN_BPS, 5.0), 5 * 80 * 8
    assert payload_bps + headers_bps == PICTURE_MIN_BPS
    assert max(payload_bps, RATE_MIN_BPS) + headers_bps < 1.15 * PICTURE_MIN_BPS


@given(st.integers(0, 5_000_000), _WANTS, st.one_of(st.none(), _RATES))
def test_the_voice_is_never_starved(rate_bps: int, wanted: Wants, rate_before_bps: int | None) -> None:
    """All else fits beside it; where the line does not even carry a lean voice, there is nothing else."""
    before = allocate(rate_before_bps, wanted, None) if rate_before_bps is not None else None
    shares = allocate(rate_bps, wanted, before)
    need_bps = VOICE_BPS[shares.voice] + DATA_BPS
    others_bps = total(shares) - need_bps
    assert others_bps == 0 or rate_bps - others_bps >= need_bps
    if rate_bps < VOICE_BPS[VoiceMode.LEAN] + DATA_BPS:
        assert (shares.voice, others_bps) == (VoiceMode.LEAN, 0)


@given(_RATES, _WANTS, st.one_of(st.none(), _RATES))
def test_shares_fit_into_the_line(rate_bps: int, wanted: Wants, rate_before_bps: int | None) -> None:
    before = allocate(rate_before_bps, wanted, None) if rate_before_bps is not None else None
    shares = allocate(rate_bps, wanted, before)
    assert total(shares) <= max(rate_bps, VOICE_BPS[VoiceMode.LEAN] + DATA_BPS)
    for picture_bps, picture in ((shares.face_bps, wanted.face), (shares.otoscope_bps, wanted.otoscope)):
        assert picture_bps == 0 or PICTURE_MIN_BPS <= picture_bps <= PICTURE_MAX_BPS
        assert picture is not None or picture_bps == 0
    assert shares.bulk_bps >= 0
    assert shares.bulk_bps == 0 or wanted.bulk


@given(_RATES, _RATES, _WANTS)
def test_more_line_is_never_worse_for_what_comes_first(one_bps: int, other_bps: int, wanted: Wants) -> None:
    low, high = (allocate(rate_bps, wanted, None) for rate_bps in sorted((one_bps, other_bps)))
    assert (low.voice is VoiceMode.FULL) <= (high.voice is VoiceMode.FULL)
    assert low.stethoscope_live <= high.stethoscope_live
    if (low.voice, low.stethoscope_live) == (high.voice, high.stethoscope_live):
        assert low.otoscope_bps <= high.otoscope_bps
        if (low.face_bps > 0) == (high.face_bps > 0):
            assert low.face_bps + low.otoscope_bps <= high.face_bps + high.otoscope_bps + 1
