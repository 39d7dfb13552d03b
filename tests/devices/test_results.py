"""Results of the Bluetooth SIG profiles: redelivery, order, memory, what the flags say about them."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from devices import gatt
from devices.catalog import sig_blood_pressure, sig_pulse_oximeter, sig_thermometer
from devices.event import Event, Measured, Rejected, Samples, Signal
from devices.reading import Absent, Quality
from tests.fakes import frames

NOON = datetime(2024, 6, 15, 12, 0, 0)
RESULT, CUFF = gatt.uuid(0x2A35), gatt.uuid(0x2A36)
SPOT, CONTINUOUS = gatt.uuid(0x2A5E), gatt.uuid(0x2A5F)


def _one(events: list[Event]) -> Measured:
    assert len(events) == 1 and isinstance(events[0], Measured), events
    return events[0]


def _values(reading: Measured) -> list[Decimal | Absent | None]:
    return [quantity.absent or quantity.value for quantity in reading.quantities]


def _pressure(minutes: int, systolic: int = 120) -> bytes:
    when = NOON + timedelta(minutes=minutes)
    return frames.blood_pressure(systolic, 80, 93, when=when, pulse=70, status=0)


def test_an_old_memory_out_of_order_is_kept_with_its_own_time() -> None:
    decoder = sig_blood_pressure.Decoder()
    times = [_one(decoder.feed(_pressure(minutes), RESULT)).device_time for minutes in (0, -600, -1200, 5)]
    assert times == [NOON + timedelta(minutes=minutes) for minutes in (0, -600, -1200, 5)]


def test_a_redelivered_result_is_rejected_also_when_others_came_between() -> None:
    decoder = sig_blood_pressure.Decoder()
    for minutes in range(20):
        _one(decoder.feed(_pressure(minutes), RESULT))
    assert decoder.feed(_pressure(3), RESULT) == [Rejected("duplicate", _pressure(3))]


def test_another_connection_is_another_decoder() -> None:
    for _ in range(2):
        _one(sig_blood_pressure.Decoder().feed(_pressure(0), RESULT))


def test_same_time_other_values_and_same_values_without_time_are_two_results() -> None:
    decoder = sig_blood_pressure.Decoder()
    _one(decoder.feed(_pressure(0, 120), RESULT))
    _one(decoder.feed(_pressure(0, 121), RESULT))
    for _ in range(2):
        _one(decoder.feed(frames.blood_pressure(118, 78), RESULT))


def test_the_memory_of_results_is_bounded() -> None:
    decoder = sig_blood_pressure.Decoder()
    for minutes in range(1000):
        decoder.feed(_pressure(minutes), RESULT)
    assert len(decoder._seen) <= 256


@pytest.mark.parametrize(
    ("status", "quality"),
    [
        (0x01, Quality.MOTION),
        (0x02, Quality.CUFF_LOOSE),
        (0x04, Quality.IRREGULAR_PULSE),
        (0x08, Quality.PULSE_OUT_OF_RANGE),
        (0x10, Quality.PULSE_OUT_OF_RANGE),
        (0x20, Quality.BAD_POSITION),
    ],
)
def test_cuff_status_becomes_quality(status: int, quality: Quality) -> None:
    data = frames.blood_pressure(120, 80, 93, status=status)
    assert _one(sig_blood_pressure.Decoder().feed(data, RESULT)).quality == {quality}


def test_a_reserved_pulse_range_of_a_cuff_says_nothing() -> None:
    data = frames.blood_pressure(120, 80, 93, status=0x18)
    assert _one(sig_blood_pressure.Decoder().feed(data, RESULT)).quality == frozenset()


def test_an_unfinished_cuff_result_is_absent_not_zero() -> None:
    data = frames.blood_pressure("NaN", "NRes", "+INF", pulse=0)
    assert _values(_one(sig_blood_pressure.Decoder().feed(data, RESULT))) == [Absent.INVALID] * 4


@pytest.mark.parametrize("zero_filled", [False, True])
def test_live_cuff_pressure_is_a_waveform_only(zero_filled: bool) -> None:
    decoder = sig_blood_pressure.Decoder()
    sent = [frames.intermediate_cuff(value, zero_filled=zero_filled) for value in (40, 90, 160)]
    events = [event for data in sent for event in decoder.feed(data, CUFF)]
    assert isinstance(events[0], Signal)
    assert [event.samples for event in events if isinstance(event, Samples)] == [(40,), (90,), (160,)]
    assert not any(isinstance(event, Measured) for event in events)


def test_kpa_cuff_pressure_is_converted() -> None:
    events = sig_blood_pressure.Decoder().feed(frames.intermediate_cuff("20.0", kpa=True), CUFF)
    assert isinstance(events[-1], Samples) and events[-1].samples == (150,)


@pytest.mark.parametrize(
    ("measurement", "device", "absent"),
    [
        (1 << 13, 0, Absent.INVALID),
        (1 << 14, 0, Absent.INVALID),
        (1 << 15, 0, Absent.INVALID),
        (0, 1 << 1, Absent.INVALID),
        (0, 1 << 14, Absent.INVALID),
        (0, 1 << 11, Absent.SENSOR_OFF),
        (0, 1 << 13, Absent.SENSOR_OFF),
        (0, 1 << 15, Absent.SENSOR_OFF),
    ],
)
def test_numbers_the_oximeter_disowns_are_not_values(measurement: int, device: int, absent: Absent) -> None:
    data = frames.plx_spot(97, 70, measurement_status=measurement, device_status=device, pai="2.5")
    assert _values(_one(sig_pulse_oximeter.Decoder().feed(data, SPOT))) == [absent] * 3


@pytest.mark.parametrize(("spo2", "pr"), [(0, 0), (127, 255), (255, 511), ("NaN", "NRes")])
def test_the_old_codes_for_no_value_are_not_values(spo2: int | str, pr: int | str) -> None:
    data = frames.plx_spot(spo2, pr)
    assert _values(_one(sig_pulse_oximeter.Decoder().feed(data, SPOT))) == [Absent.INVALID] * 2


@pytest.mark.parametrize(
    ("measurement", "device", "quality"),
    [
        (1 << 6, 0, Quality.EARLY_ESTIMATE),
        (1 << 9, 0, Quality.FROM_MEMORY),
        (1 << 10, 0, Quality.DEMO),
        (0, 1 << 4, Quality.POOR_SIGNAL),
        (0, 1 << 5, Quality.LOW_PERFUSION),
        (0, 1 << 8, Quality.QUESTIONABLE),
    ],
)
def test_oximeter_status_becomes_quality(measurement: int, device: int, quality: Quality) -> None:
    data = frames.plx_spot(97, 70, measurement_status=measurement, device_status=device)
    reading = _one(sig_pulse_oximeter.Decoder().feed(data, SPOT))
    assert reading.quality == {quality} and _values(reading) == [97, 70]


@pytest.mark.parametrize(
    ("unset", "status", "time", "unsure"),
    [(False, 0, NOON, False), (True, 0, None, True), (True, 1 << 5, None, False)],
)
def test_a_spot_check_whose_clock_was_never_set_is_of_now_only_while_it_goes_on(
    unset: bool, status: int, time: datetime | None, unsure: bool
) -> None:
    data = frames.plx_spot(97, 70, when=NOON, measurement_status=status, clock_not_set=unset)
    reading = _one(sig_pulse_oximeter.Decoder().feed(data, SPOT))
    assert reading.device_time == time
    assert (Quality.TIME_UNSURE in reading.quality) is unsure


def test_a_changing_continuous_measurement_is_read_each_time() -> None:
    decoder = sig_pulse_oximeter.Decoder()
    sent = [frames.plx_continuous(97, pr) for pr in (70, 71, 71, 72)]
    counts = [sum(isinstance(e, Measured) for e in decoder.feed(data, CONTINUOUS)) for data in sent]
    assert counts == [1, 1, 0, 1]


@pytest.mark.parametrize("fahrenheit", [False, True])
def test_a_float_of_absurd_size_is_kept_and_marked(fahrenheit: bool) -> None:
    data = frames.temperature(Decimal(8388604).scaleb(127), fahrenheit=fahrenheit)
    reading = _one(sig_thermometer.Decoder().feed(data, gatt.uuid(0x2A1C)))
    assert reading.quality == {Quality.IMPLAUSIBLE}
    assert reading.quantities[0].value is not None


@pytest.mark.parametrize("answer", ["06000101", "06000106", "0600010a", ""])
def test_between_the_features_and_the_answer_a_spot_check_is_of_a_memory(answer: str) -> None:
    decoder = sig_pulse_oximeter.Decoder()
    spot, ongoing = frames.plx_spot(97, 70), frames.plx_spot(97, 70, measurement_status=1 << 5)
    assert _one(decoder.feed(spot, SPOT)).quality == set()
    assert decoder.feed(bytes.fromhex("0c00"), gatt.uuid(0x2A60)) == []
    assert _one(decoder.feed(spot, SPOT)).quality == {Quality.FROM_MEMORY}
    assert Quality.FROM_MEMORY not in _one(decoder.feed(ongoing, SPOT)).quality
    decoder.feed(bytes.fromhex(answer), gatt.uuid(0x2A52))
    assert _one(decoder.feed(spot, SPOT)).quality == set()


@pytest.mark.parametrize(
    ("features", "asked"), [("0400", False), ("0800", False), ("f300", False), ("", False), ("0c", True)]
)
def test_who_is_asked_for_its_memory_is_who_keeps_spot_checks_with_their_time(
    features: str, asked: bool
) -> None:
    decoder, data = sig_pulse_oximeter.Decoder(), bytes.fromhex(features)
    assert sig_pulse_oximeter.keeps_dated(data) is asked
    decoder.feed(data, gatt.uuid(0x2A60))
    quality = _one(decoder.feed(frames.plx_spot(97, 70), SPOT)).quality
    assert quality == ({Quality.FROM_MEMORY} if asked else set())
