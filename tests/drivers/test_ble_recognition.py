"""Which device a peripheral is taken for."""

import pytest

from devices import catalog
from devices.catalog import nonin_3230, sig_blood_pressure
from drivers.ble_recognition import Recognition

OXIMETER = "00001822-0000-1000-8000-00805f9b34fb"
SCALE = "0000181d-0000-1000-8000-00805f9b34fb"
CUFF, SERIAL = "00001810-0000-1000-8000-00805f9b34fb", "6e400001-b5a3-f393-e0a9-e50e24dcca9e"


@pytest.mark.parametrize("order", [1, -1])
def test_a_make_comes_before_the_profile_that_anybody_may_follow(order: int) -> None:
    recognition = Recognition(catalog.devices()[::order])
    names = ("BLESmart_0000011612", "Beurer BM85", "BM85", "")
    seen = [recognition.device([CUFF], name) for name in names]
    seen.append(recognition.device([OXIMETER, nonin_3230.SERVICE], "Nonin3150_1"))
    assert [device.key for device in seen if device] == [
        "omron_cuff", "beurer_bm85", "sig_blood_pressure", "sig_blood_pressure", "nonin_3230",
    ]  # fmt: skip


def test_a_mi_scale_is_not_taken_for_a_scale_of_the_profile() -> None:
    recognition = Recognition(catalog.devices())
    seen = [recognition.device([SCALE], name) for name in ("MI_SCALE", "MI SCALE2", "Scale")]
    assert [device.key for device in seen if device] == ["xiaomi_scale_v1"] * 2 + ["sig_weight_scale"]


def test_a_name_alone_or_a_shared_service_alone_is_nobody() -> None:
    recognition = Recognition(catalog.devices())
    assert recognition.device([SERIAL], "Blinds") is None
    assert recognition.device([], "Beurer BM85") is None


def test_a_name_has_to_do_for_who_announces_nothing() -> None:
    seen = Recognition(catalog.devices()).device([], "YK-IBPA1")
    assert seen and seen.key == "yonker_ibpa1"
    assert Recognition(catalog.devices()).services is None
    assert Recognition([sig_blood_pressure.DEVICE]).services == [CUFF]
