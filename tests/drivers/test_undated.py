"""What has no date and comes as soon as somebody listens may be from the instrument's memory."""

from datetime import datetime
from decimal import Decimal

import pytest

from devices.catalog import aoj20a, sig_blood_pressure, sig_pulse_oximeter
from devices.event import Event, Measured, Samples, Signal, SignalState
from devices.gatt import uuid
from devices.metrics import BODY_TEMPERATURE, CUFF_PRESSURE, SPO2, SYSTOLIC
from devices.reading import Absent, Kind, Quality, Quantity
from drivers.undated import Undated

RESULT = Measured((Quantity(SYSTOLIC, Decimal(121)),))
SPOT = Measured((Quantity(SPO2, Decimal(97)),), finished=True)


class Desk:
    """A clock that stands still, and one connection."""

    def __init__(self, kind: Kind = Kind.CUFF) -> None:
        self.now_s = 100.0
        self.undated = Undated(kind, lambda: self.now_s)
        self.undated.connected()

    def doubts(self, event: Event, after_s: float = 0.0) -> bool:
        self.now_s += after_s
        return self.undated.is_doubtful(event)


@pytest.mark.parametrize(("after_s", "doubtful"), [(0.2, True), (14.9, True), (15.1, False), (600.0, False)])
def test_before_a_cuff_can_have_measured_it_is_doubted(after_s: float, doubtful: bool) -> None:
    assert Desk().doubts(RESULT, after_s) is doubtful


def test_a_memory_that_is_sent_slowly_is_doubted_to_its_end() -> None:
    desk = Desk()
    assert all(desk.doubts(RESULT, 4.0) for _ in range(10))
    assert not desk.doubts(RESULT, 40.0)


def test_a_disk_that_is_slow_makes_no_memory_live() -> None:
    desk = Desk()
    desk.now_s += 60.0  # what came before it had to be made durable
    assert desk.undated.is_doubtful(RESULT, came_s=101.0)


def test_the_next_connection_is_doubted_anew() -> None:
    desk = Desk()
    desk.doubts(Signal(SignalState.MEASURING))
    desk.undated.connected()
    assert desk.doubts(RESULT)


def test_a_date_is_believed() -> None:
    assert not Desk().doubts(Measured(RESULT.quantities, device_time=datetime(2026, 11, 23, 14, 35)))


@pytest.mark.parametrize(
    "seen",
    [
        Samples(CUFF_PRESSURE, Decimal(0), (120,)),
        Signal(SignalState.MEASURING),
        Signal(SignalState.SEARCHING),
    ],
)
def test_what_was_seen_being_measured_is_live(seen: Event) -> None:
    desk = Desk()
    assert not desk.doubts(seen)
    assert not desk.doubts(RESULT)


def test_a_spot_check_is_doubted_and_a_stream_is_not() -> None:
    stream = Measured((Quantity(SPO2, Decimal(97)),))
    nothing = Measured((Quantity(SPO2, absent=Absent.SENSOR_OFF),))
    desk = Desk(Kind.OXIMETER)
    assert not desk.doubts(nothing)
    assert desk.doubts(SPOT)
    assert not desk.doubts(stream)
    assert not desk.doubts(SPOT), "it was seen being measured"


def test_what_a_cuff_complains_of_is_not_doubted() -> None:
    """It holds no value that could be another's, and the helper has to hear of it."""
    desk = Desk()
    assert not desk.doubts(Measured((Quantity(SYSTOLIC, absent=Absent.INVALID),)))
    assert desk.doubts(RESULT)


def test_a_link_that_is_always_there_is_not_doubted() -> None:
    assert not Undated(Kind.CUFF).is_doubtful(RESULT)


def test_what_is_not_known_already_is_not_said_twice() -> None:
    assert not Desk().doubts(Measured(RESULT.quantities, frozenset({Quality.TIME_UNSURE})))


def test_the_decoders_say_what_they_send() -> None:
    spot = sig_pulse_oximeter.Decoder().feed(bytes.fromhex("00 6100 4800"), uuid(sig_pulse_oximeter.SPOT))
    assert Desk(Kind.OXIMETER).doubts(spot[0])
    cuff = sig_blood_pressure.Decoder()
    result = bytes.fromhex("00 7900 4f00 5d00")
    (stored,) = cuff.feed(result, uuid(sig_blood_pressure.MEASUREMENT))
    assert Desk().doubts(stored)
    desk = Desk()
    for event in cuff.feed(bytes.fromhex("00 7800 0000 0000"), uuid(sig_blood_pressure.INTERMEDIATE)):
        desk.doubts(event)
    assert not desk.doubts(stored)
    frame = bytearray.fromhex("aa 01 c1 03 0e 74 01 00")
    for byte in frame[1:-1]:
        frame[-1] ^= byte
    (now,) = aoj20a.Decoder().feed(bytes(frame), uuid(aoj20a.NOTIFY))
    assert isinstance(now, Measured) and now.quantities[0].metric is BODY_TEMPERATURE
    assert not Desk(Kind.THERMOMETER).doubts(now)
