"""What waits to be taken from a peripheral is bounded, and no result is lost."""

import pytest
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.service import BleakGATTService

from drivers import ble_values
from drivers.ble_values import Values


def _characteristic(handle: int, *properties: str) -> BleakGATTCharacteristic:
    service = BleakGATTService(None, 1, "00001810-0000-1000-8000-00805f9b34fb")
    uuid = "00002a35-0000-1000-8000-00805f9b34fb"
    return BleakGATTCharacteristic(None, handle, uuid, [*properties], lambda: 20, service)  # type: ignore[list-item]


LIVE, RESULT = _characteristic(2, "notify"), _characteristic(3, "indicate")


@pytest.fixture
def values(monkeypatch: pytest.MonkeyPatch) -> Values:
    monkeypatch.setattr(ble_values, "_MOST", 4)
    return Values(clock_s=lambda: 7.0)


async def _all(values: Values) -> list[bytes]:
    values.end()
    taken = []
    while (value := await values.get()) is not None:
        taken.append(value.data)
    return taken


async def test_the_oldest_live_values_go_and_are_counted(values: Values) -> None:
    assert all(values.put(LIVE, bytes((n,))) for n in range(10))
    assert (values.lost(), values.lost()) == (6, 0)
    assert await _all(values) == [b"\x06", b"\x07", b"\x08", b"\x09"]


async def test_a_result_never_goes(values: Values) -> None:
    for n in range(3):
        assert values.put(RESULT, bytes((n,)))
        assert values.put(LIVE, b"live")
    assert values.put(LIVE, b"last")
    assert values.put(RESULT, b"\x03")
    assert not values.put(RESULT, b"\x04")
    assert values.put(RESULT, b"too late")  # nobody listens any more, and it is said once
    assert values.lost() == 4
    assert await _all(values) == [bytes((n,)) for n in range(5)]


async def test_where_results_are_notified_nothing_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_values, "_MOST", 1)
    values = Values(results_notified=True)
    assert [values.put(LIVE, b"1"), values.put(LIVE, b"2")] == [True, False]
    assert await _all(values) == [b"1", b"2"]


async def test_what_came_before_the_end_is_still_taken(values: Values) -> None:
    values.put(LIVE, b"1")
    values.end()
    assert await values.get() == ble_values.Value(LIVE, b"1", 7.0)
    assert await values.get() is None
    assert await values.get() is None
