"""A glucose meter behind hidraw that sends all it knows: its last result is taken, the rest confirmed."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from devices import catalog
from devices.catalog.ascensia_contour import AGAIN, GO_ON
from devices.reading import Clock, Kind, Quality
from drivers.instrument import InstrumentState
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.drivers.status_log import until
from tests.fakes import usb_bus
from tests.fakes.contour_pty import Contour, Result

ID = "usb:1a79:7410:C001"
AGO = timedelta(minutes=5)
OLD, TODAY, LATER = datetime(2026, 11, 20, 8), datetime(2026, 11, 28, 9, 30), datetime(2026, 11, 28, 12)


def _many(count: int) -> list[Result]:
    return [(OLD + timedelta(minutes=n), str(90 + n), "mg/dL", "M0/T1") for n in range(count)]


@pytest.fixture
def meter() -> Iterator[Contour]:
    usb_bus.require_private_namespace()
    unit = Contour([*_many(20), (TODAY, "104", "mg/dL", "A/M0/T1")], TODAY + AGO)
    yield unit
    unit.close()


def _read(listener: Listener) -> list[tuple[str, str, datetime | None]]:
    return [
        (reading.quantities[0].metric.ucum, str(reading.quantities[0].value), reading.device_time)
        for reading in listener.readings
    ]


async def test_of_all_results_the_last_is_taken_and_it_is_sent_nothing_but_confirmations(
    meter: Contour,
) -> None:
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        await until(lambda: meter.is_done)
        meter.close()
        await listener.until_state(ID, InstrumentState.ABSENT)
        meter.results.append((LATER, "6.2", "mmol/L", "F/M0/T1"))
        meter.previews = True
        meter.plug()
        await listener.until(lambda: len(listener.readings) == 2)
        await until(lambda: meter.is_done)
    assert _read(listener) == [("mg/dL", "104", TODAY), ("mmol/L", "6.2", LATER)]
    first, second = listener.readings
    assert (first.kind, first.clock, first.identity.serial) == (Kind.GLUCOMETER, Clock.CORRECTED, "C001")
    age = datetime.now().astimezone() - first.taken_at
    assert AGO <= age < AGO + timedelta(minutes=1, seconds=30)
    assert first.quality == {Quality.FROM_MEMORY, Quality.AFTER_MEAL}
    assert second.quality == {Quality.FROM_MEMORY, Quality.FASTING}
    assert (set(meter.written), meter.forbidden) == ({GO_ON}, [])


@pytest.mark.parametrize("shows_seconds", [False, True])
async def test_its_clock_is_believed_to_the_second_where_it_shows_seconds(
    meter: Contour, shows_seconds: bool
) -> None:
    """To the minute, it is corrected by half a minute less than it is off: the half that it does not show."""
    listener = Listener()
    meter.shows_seconds = shows_seconds
    meter.now = (datetime.now() - timedelta(hours=1)).replace(second=30)
    late_s = (datetime.now() - meter.now).total_seconds()
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
    (reading,) = listener.readings
    assert reading.device_time == TODAY and reading.clock_offset_s is not None
    off_s = float(reading.clock_offset_s) - late_s
    assert (0 <= off_s < 30) if shows_seconds else (-30 <= off_s < 0)


async def test_what_was_dated_before_its_clock_was_set_back_hides_nothing_new(meter: Contour) -> None:
    listener = Listener()
    meter.results.insert(0, (LATER, "250", "mg/dL", ""))
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
    assert _read(listener) == [("mg/dL", "104", TODAY)]


async def test_a_damaged_frame_is_asked_for_again(meter: Contour) -> None:
    listener = Listener()
    meter.damaged = 3
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
    assert _read(listener) == [("mg/dL", "104", TODAY)]
    assert (meter.written.count(AGAIN), meter.forbidden) == (3, [])


async def test_control_solution_is_no_patients_and_nothing_is_read_twice(meter: Contour) -> None:
    listener = Listener()
    meter.results.append((LATER, "120", "mg/dL", "C/M0/T1"))
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await until(lambda: meter.is_done)
        await listener.until_state(ID, InstrumentState.READY)
        confirmed = len(meter.written)
        meter.say(b"ABC\x01\x05")  # it would send everything once more
        await asyncio.sleep(0.5)
        meter.close()
        await listener.until_state(ID, InstrumentState.ABSENT)
    assert (listener.readings, len(meter.written)) == ([], confirmed)


async def test_pulled_out_in_the_middle_it_has_no_result_and_plugged_in_again_it_has(meter: Contour) -> None:
    listener = Listener()
    meter.results = [*_many(200), (TODAY, "104", "mg/dL", "")]
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await until(lambda: len(meter.written) > 20)
        meter.close()
        await listener.until_state(ID, InstrumentState.ABSENT)
        assert listener.readings == []
        meter.results = meter.results[-3:]
        meter.plug()
        await listener.until(lambda: len(listener.readings) == 1)
    assert _read(listener) == [("mg/dL", "104", TODAY)]
