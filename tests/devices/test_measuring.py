"""Exact conversion, plausibility, and the metric table itself."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.measuring import fahrenheit_to_celsius, kpa_to_mmhg, measured, quantity
from devices.metrics import ALL_METRICS, BODY_TEMPERATURE, SPO2
from devices.reading import Absent, Quality


@pytest.mark.parametrize(("kpa", "mmhg"), [("16.0", "120.01"), ("10.6", "79.51"), ("0", "0.00")])
def test_kpa(kpa: str, mmhg: str) -> None:
    assert str(kpa_to_mmhg(Decimal(kpa))) == mmhg


@pytest.mark.parametrize(
    ("fahrenheit", "celsius"), [("98.6", "37.00"), ("32", "0.00"), ("-40", "-40.00"), ("100.0", "37.78")]
)
def test_fahrenheit(fahrenheit: str, celsius: str) -> None:
    assert str(fahrenheit_to_celsius(Decimal(fahrenheit))) == celsius


@given(tenths=st.integers(0, 400))
def test_no_two_kpa_values_a_cuff_can_send_become_the_same(tenths: int) -> None:
    assert kpa_to_mmhg(Decimal(tenths).scaleb(-1)) < kpa_to_mmhg(Decimal(tenths + 1).scaleb(-1))


@pytest.mark.parametrize(
    ("value", "doubtful"), [("29.9", True), ("30", False), ("45", False), ("45.01", True)]
)
def test_an_implausible_value_is_marked_and_kept(value: str, doubtful: bool) -> None:
    event = measured((quantity(BODY_TEMPERATURE, Decimal(value)),), frozenset(), b"raw")
    assert (Quality.IMPLAUSIBLE in event.quality) is doubtful
    assert event.quantities[0].value == Decimal(value)


def test_an_absent_value_is_not_implausible() -> None:
    absent = quantity(SPO2, Decimal(127), (0, 127))
    assert absent.absent is Absent.INVALID
    assert measured((absent,), frozenset(), b"raw").quality == frozenset()


def test_one_code_in_one_unit_means_one_metric() -> None:
    codes = [(metric.mdc, metric.ucum, metric.statistic) for metric in ALL_METRICS.values()]
    assert len(codes) == len(set(codes))
    assert {metric.key for metric in ALL_METRICS.values()} == set(ALL_METRICS)
    assert all(metric.ucum for metric in ALL_METRICS.values())
