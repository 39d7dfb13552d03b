"""SFLOAT, FLOAT and Date Time, against their definition and against an independent encoder and decoder."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labmcp_ble_health import driver as independent

from devices.event import FrameError
from devices.ieee11073 import DateTime, Special, date_time, float32, json_number, sfloat
from tests.fakes import frames


@pytest.mark.parametrize("special", list(Special))
def test_specials(special: Special) -> None:
    assert sfloat(frames.sfloat(special.value)) is special
    assert float32(frames.float32(special.value)) is special
    assert json_number(special) == special.value


@pytest.mark.parametrize("exponent", range(-8, 8))
def test_a_special_mantissa_is_never_a_number(exponent: int) -> None:
    word = (exponent & 15) << 12 | 0x7FF
    assert sfloat(word.to_bytes(2, "little")) is Special.NAN


def test_the_decimals_sent_are_kept() -> None:
    assert str(float32(frames.float32("36.70"))) == "36.70"
    assert str(sfloat(frames.sfloat("-51.1"))) == "-51.1"
    assert json_number(sfloat(frames.sfloat("36.7"))) == 36.7


@given(mantissa=st.integers(-2045, 2045), exponent=st.integers(-8, 7))
def test_sfloat_round_trip(mantissa: int, exponent: int) -> None:
    value = Decimal(mantissa).scaleb(exponent)
    assert sfloat(frames.sfloat(value)) == value


@given(mantissa=st.integers(-8388605, 8388605), exponent=st.integers(-128, 127))
def test_float_round_trip(mantissa: int, exponent: int) -> None:
    value = Decimal(mantissa).scaleb(exponent)
    assert float32(frames.float32(value)) == value


@given(word=st.integers(0, 0xFFFF))
def test_an_independent_decoder_agrees_on_every_sfloat(word: int) -> None:
    ours, theirs = sfloat(word.to_bytes(2, "little")), independent.decode_sfloat(word)
    if isinstance(ours, Decimal):
        assert theirs.value == float(ours)
    else:  # it knows the specials at exponent 0 only
        assert theirs.value is None or word >> 12


@pytest.mark.parametrize("size", [0, 1, 3, 5, 8])
def test_wrong_sizes_are_refused(size: int) -> None:
    for decode in (sfloat, float32, date_time):
        with pytest.raises(FrameError):
            decode(bytes(size))


@given(when=st.datetimes(min_value=datetime(1582, 1, 1), max_value=datetime(9999, 12, 31)))
def test_date_time_round_trip(when: datetime) -> None:
    whole_second = when.replace(microsecond=0)
    assert date_time(frames.date_time(whole_second)).known() == whole_second


@pytest.mark.parametrize(
    "fields", [(0, 5, 1), (2024, 0, 1), (2024, 5, 0), (2023, 2, 29), (2024, 13, 1)], ids=str
)
def test_unknown_or_impossible_dates_are_not_known(fields: tuple[int, int, int]) -> None:
    assert DateTime(*fields, 10, 20, 30).known() is None
