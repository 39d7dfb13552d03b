"""Level meter: known signals have known levels."""

import numpy as np
import pytest

from drivers.levels import SILENCE_DBFS, measure_level

SINE = np.sin(2 * np.pi * np.arange(960) / 48)


def test_half_scale_sine() -> None:
    level = measure_level((SINE * 16384).astype(np.int16))
    assert level.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert level.rms_dbfs == pytest.approx(-9.03, abs=0.01)
    assert level.clipped == 0


def test_clipping_is_counted_on_both_sides() -> None:
    loud = np.clip(SINE * 60000, -32768, 32767).astype(np.int16)
    level = measure_level(loud)
    assert level.clipped == int((np.abs(SINE * 60000) >= 32760).sum())
    assert level.peak_dbfs == 0.0


@pytest.mark.parametrize("count", [0, 960])
def test_silence_has_a_floor(count: int) -> None:
    level = measure_level(np.zeros(count, dtype=np.int16))
    assert (level.peak_dbfs, level.rms_dbfs, level.clipped) == (SILENCE_DBFS, SILENCE_DBFS, 0)
