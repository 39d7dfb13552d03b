import pytest

from kiosk.call.receiving.lip_sync import HOLD_MAX_S, LipSync

NTP = 3_900_000_000 << 32


def synced(voice_at_s: float = 0.0, picture_at_s: float = 0.0) -> LipSync:
    """At the sender's second 0 the voice's clock shows 4000 (near its wrap), the picture's 9000."""
    lips = LipSync()
    lips.voice.reported(NTP + int(voice_at_s * 2**32), 4_294_960_000 + int(voice_at_s * 48_000) & 0xFFFFFFFF)
    lips.picture.reported(NTP + int(picture_at_s * 2**32), 9_000 + int(picture_at_s * 90_000))
    return lips


def voice_time(second: float) -> int:
    return 4_294_960_000 + int(second * 48_000) & 0xFFFFFFFF


@pytest.mark.parametrize("behind_ms", [0, 50, 74])
def test_a_small_lag_delays_no_picture(behind_ms: int) -> None:
    lips = synced(voice_at_s=1.0, picture_at_s=2.5)
    lips.heard(voice_time(10), 500.0 + behind_ms / 1000)
    assert lips.hold_s(9_000 + 900_000, 500.0) == 0
    assert lips.skew_ms == pytest.approx(behind_ms, abs=0.1)


def test_a_larger_lag_is_brought_within_80_ms_and_no_more() -> None:
    lips = synced()
    lips.heard(voice_time(10), 500.180)
    assert lips.hold_s(9_000 + 900_000, 500.0) == pytest.approx(0.105, abs=0.001)
    assert lips.skew_ms is not None
    assert 70 < lips.skew_ms < 80


def test_sound_that_is_early_delays_nothing() -> None:
    lips = synced()
    lips.heard(voice_time(10), 499.8)
    assert lips.hold_s(9_000 + 900_000, 500.0) == 0
    assert lips.skew_ms == pytest.approx(-200, abs=0.1)


def test_never_more_than_a_quarter_second() -> None:
    lips = synced()
    lips.heard(voice_time(10), 505.0)
    assert lips.hold_s(9_000 + 900_000, 504.1) == HOLD_MAX_S


def test_without_reports_or_sound_nothing_waits() -> None:
    lips = LipSync()
    lips.heard(voice_time(10), 500.3)
    assert lips.hold_s(9_000, 500.0) == 0
    lips = synced()
    lips.heard(None, 500.3)
    assert lips.hold_s(909_000, 500.0) == 0
    lips.heard(voice_time(10), 500.3)
    assert lips.hold_s(909_000, 500.0) > 0
    assert lips.hold_s(909_000, 502.0) == 0
    assert lips.skew_ms is None
