"""Which device a peripheral is taken for."""

import pytest

from devices import catalog
from devices.catalog import nonin_3230, sig_blood_pressure, viatom_o2ring
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


@pytest.mark.parametrize("order", [1, -1])
def test_a_model_comes_before_its_make(order: int) -> None:
    recognition = Recognition(catalog.devices()[::order])
    names = (
        "BLESmart_0000025828FFB2",
        "BLEsmart_0000025828FFB2",
        "BLEsmart_0000026428FFB2",
        "BLESmart_0000021F",
    )
    seen = [recognition.device([CUFF], name) for name in names]
    assert [device.key for device in seen if device] == [
        "omron_hem7361t", "omron_hem7361t", "omron_hem7155t", "omron_cuff",
    ]  # fmt: skip


def test_a_mi_scale_is_not_taken_for_a_scale_of_the_profile() -> None:
    recognition = Recognition(catalog.devices())
    seen = [recognition.device([SCALE], name) for name in ("MI_SCALE", "MI SCALE2", "Scale")]
    assert [device.key for device in seen if device] == ["xiaomi_scale_v1"] * 2 + ["sig_weight_scale"]


def test_every_name_of_a_family_is_known_and_its_relatives_with_other_frames_are_not() -> None:
    recognition = Recognition(catalog.devices())
    rings = (
        "O2Ring 1234",
        "O2 1234",
        "SleepU 1234",
        "Oxylink 1234",
        "KidsO2 1234",
        "O2M 1234",
        "WearO2 1234",
    )
    seen = [recognition.device([viatom_o2ring.SERVICE], name) for name in rings]
    assert {device and device.key for device in seen} == {"viatom_o2ring"}
    assert recognition.device([viatom_o2ring.SERVICE], "BP2 1234") is None
    clips = [recognition.device([SERIAL], name) for name in ("PC-60F_SN1", "PC-66B", "POD-1_SN1", "OxySmart")]
    assert {device and device.key for device in clips} == {"viatom_pc60fw"}
    scale = recognition.device([SCALE], "A&D_UC-352BLE_0123")
    assert scale and scale.key == "and_scale"


def test_a_name_alone_or_a_shared_service_alone_is_nobody() -> None:
    recognition = Recognition(catalog.devices())
    assert recognition.device([SERIAL], "Blinds") is None
    assert recognition.device([], "Beurer BM85") is None


def test_a_name_has_to_do_for_who_announces_nothing() -> None:
    seen = Recognition(catalog.devices()).device([], "YK-IBPA1")
    assert seen and seen.key == "yonker_ibpa1"
    assert Recognition(catalog.devices()).services is None
    assert Recognition([sig_blood_pressure.DEVICE]).services == [CUFF]
