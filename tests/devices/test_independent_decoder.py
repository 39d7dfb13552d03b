"""labmcp-ble-health, written by others from the same specifications, agrees on every SIG vector."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labmcp_ble_health import driver as independent

from devices import catalog
from tests.devices import vectors
from tests.fakes import frames as fake

Decoded = dict[str, object]
UNKNOWN_TO_THEM = {"body_composition", "glucose", "glucose_context", "racp"}
SIG = [
    frame
    for name in catalog.module_names()
    if name.startswith("sig_")
    for frame in vectors.frames(name)
    if frame.protocol not in UNKNOWN_TO_THEM
]


def _number(value: independent.MedFloat) -> object:
    return value.value if value.special is None else value.special


def _pressure(data: bytes, *names: str) -> Decoded:
    theirs = independent.parse_blood_pressure_measurement(data)
    values = (theirs.systolic, theirs.diastolic, theirs.mean_arterial)
    pressures = {name: _number(value) for name, value in zip(names, values, strict=False)}
    pulse = theirs.pulse_rate_bpm
    rest = {"datetime": theirs.timestamp, "pulse": pulse and _number(pulse), "user": theirs.user_id}
    return {"unit": theirs.unit, **pressures, **rest, "status": theirs.status}


def _temperature(data: bytes) -> Decoded:
    theirs = independent.parse_temperature_measurement(data)
    return {
        "unit": theirs.unit,
        "temp": _number(theirs.value),
        "datetime": theirs.timestamp,
        "type": theirs.temperature_type,
    }


def _plx(theirs: independent.PulseOximetryMeasurement) -> Decoded:
    numbers = {
        "spo2": theirs.spo2_pct,
        "pr": theirs.pulse_rate_bpm,
        "spo2_fast": theirs.spo2_fast_pct,
        "pr_fast": theirs.pulse_rate_fast_bpm,
        "spo2_slow": theirs.spo2_slow_pct,
        "pr_slow": theirs.pulse_rate_slow_bpm,
        "pai": theirs.pulse_amplitude_index_pct,
    }
    return {
        **{name: value and _number(value) for name, value in numbers.items()},
        "datetime": theirs.timestamp,
        "clock_not_set": theirs.device_clock_not_set,
        "measurement_status": theirs.measurement_status,
        "device_status": theirs.device_sensor_status,
    }


def _features(data: bytes) -> Decoded:
    theirs = independent.parse_plx_features(data)
    return {
        "features": theirs["supported_features"],
        "measurement_support": theirs.get("measurement_status_supported"),
        "device_support": theirs.get("device_sensor_status_supported"),
    }


def _weight(data: bytes) -> Decoded:
    theirs = independent.parse_weight_measurement(data)
    numbers = {"weight": theirs.weight, "bmi": theirs.bmi_kg_m2, "height": theirs.height}
    return {"unit": theirs.unit, "datetime": theirs.timestamp, "user": theirs.user_id, **numbers}


def _heart_rate(data: bytes) -> Decoded:
    theirs = independent.parse_heart_rate_measurement(data)
    intervals = [round(seconds * 1024) for seconds in theirs.rr_intervals_s]
    told = {"contact": theirs.sensor_contact, "energy_kj": theirs.energy_expended_kj}
    return {"hr": theirs.bpm, **told, "rr_1024": intervals}


THEIRS: dict[str, Callable[[bytes], Decoded]] = {
    "blood_pressure": lambda data: _pressure(data, "sys", "dia", "map"),
    "intermediate_cuff": lambda data: _pressure(data, "cuff"),
    "blood_pressure_feature": lambda data: {"features": independent.parse_blood_pressure_feature(data)},
    "temperature": _temperature,
    "weight": _weight,
    "heart_rate": _heart_rate,
    "plx_continuous": lambda data: _plx(independent.parse_plx_continuous(data)),
    "plx_spot": lambda data: _plx(independent.parse_plx_spot_check(data)),
    "plx_features": _features,
}

NAMED_BITS: dict[str, Callable[[int], object]] = {
    "measurement_status": lambda v: independent._bits(v, independent.PLX_MEASUREMENT_STATUS),
    "measurement_support": lambda v: independent._bits(v, independent.PLX_MEASUREMENT_STATUS),
    "device_status": lambda v: independent._bits(v, independent.PLX_DEVICE_SENSOR_STATUS),
    "device_support": lambda v: independent._bits(v, independent.PLX_DEVICE_SENSOR_STATUS),
    "status": independent._bp_status,
    "type": independent.parse_temperature_type,
}


def _assert_agrees(protocol: str, data: bytes) -> None:
    ours, theirs = catalog.decode(protocol, data), THEIRS[protocol](data)
    for field, value in ours.items():
        assert _translated(protocol, field, value) == theirs[field], field
    assert not [f for f, value in theirs.items() if value not in (None, [], False) and f not in ours]


def _translated(protocol: str, field: str, value: object) -> object:
    """Their names for our bits: bit fields become lists of words, an unknown date becomes None."""
    if field == "features" and isinstance(value, int):
        bytes_ = value.to_bytes(2, "little")
        if protocol == "plx_features":
            return independent._bits(value, independent.PLX_FEATURES)
        return independent.parse_blood_pressure_feature(bytes_)
    if field == "datetime" and isinstance(value, str) and "-00" in value[:10]:
        return None
    named = NAMED_BITS.get(field)
    return named(value) if named and isinstance(value, int) else value


@pytest.mark.parametrize("frame", SIG, ids=lambda frame: f"{frame.protocol}-{frame.data.hex()}")
def test_it_agrees_on_every_vector(frame: vectors.Frame) -> None:
    _assert_agrees(frame.protocol, frame.data)


def test_every_sig_protocol_is_compared() -> None:
    assert {frame.protocol for frame in SIG} == set(THEIRS)


percent = st.decimals(0, 100, places=1)
rate = st.integers(0, 350)
maybe_time = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))
maybe_u16 = st.none() | st.integers(0, 0xFFFF)


@given(spo2=percent, pr=rate, measurement=maybe_u16, device=st.none() | st.integers(0, 0xFFFFFF), pai=percent)
def test_it_agrees_on_continuous_frames(
    spo2: str, pr: int, measurement: int | None, device: int | None, pai: str
) -> None:
    data = fake.plx_continuous(spo2, pr, measurement_status=measurement, device_status=device, pai=pai)
    _assert_agrees("plx_continuous", data)


@given(spo2=percent, pr=rate, when=maybe_time, status=maybe_u16, unset=st.booleans())
def test_it_agrees_on_spot_checks(
    spo2: str, pr: int, when: datetime | None, status: int | None, unset: bool
) -> None:
    _assert_agrees(
        "plx_spot", fake.plx_spot(spo2, pr, when=when, measurement_status=status, clock_not_set=unset)
    )


@given(
    systolic=rate, diastolic=percent, kpa=st.booleans(), when=maybe_time, pulse=st.none() | rate,
    user=st.none() | st.integers(0, 255), status=maybe_u16, reserved=st.integers(0, 255),
)  # fmt: skip
def test_it_agrees_on_pressures(
    systolic: int, diastolic: str, kpa: bool, when: datetime | None, pulse: int | None,
    user: int | None, status: int | None, reserved: int,
) -> None:  # fmt: skip
    data = fake.blood_pressure(
        systolic,
        diastolic,
        kpa=kpa,
        when=when,
        pulse=pulse,
        user=user,
        status=status,
        reserved_flags=reserved,
    )
    _assert_agrees("blood_pressure", data)


@given(
    value=st.decimals(30, 110, places=2), fahrenheit=st.booleans(), when=maybe_time, site=st.integers(0, 12)
)
def test_it_agrees_on_temperatures(value: str, fahrenheit: bool, when: datetime | None, site: int) -> None:
    data = fake.temperature(value, fahrenheit=fahrenheit, when=when, site=site)
    _assert_agrees("temperature", data)


@given(
    raw=st.integers(0, 0xFFFE), imperial=st.booleans(), when=maybe_time, user=st.none() | st.integers(0, 255),
    stature=st.none() | st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
)  # fmt: skip
def test_it_agrees_on_weights(
    raw: int, imperial: bool, when: datetime | None, user: int | None, stature: tuple[int, int] | None
) -> None:
    _assert_agrees("weight", fake.weight(raw, imperial=imperial, when=when, user=user, stature=stature))


@given(
    rate=st.integers(0, 0xFFFF), contact=st.none() | st.booleans(), energy_kj=maybe_u16,
    intervals=st.lists(st.integers(0, 0xFFFF), max_size=9),
)  # fmt: skip
def test_it_agrees_on_heart_rates(
    rate: int, contact: bool | None, energy_kj: int | None, intervals: list[int]
) -> None:
    _assert_agrees("heart_rate", fake.heart_rate(rate, contact, energy_kj, intervals))
