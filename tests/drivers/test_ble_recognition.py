"""Which device a peripheral is taken for."""

from devices import catalog
from devices.catalog import sig_blood_pressure
from drivers.ble_recognition import Recognition

CUFF, SERIAL = "00001810-0000-1000-8000-00805f9b34fb", "6e400001-b5a3-f393-e0a9-e50e24dcca9e"


def test_a_name_comes_before_the_profile_that_anybody_may_follow() -> None:
    """In whatever order the catalogue has them."""
    devices = sorted(catalog.devices(), key=lambda device: device is not sig_blood_pressure.DEVICE)
    for order in (devices, devices[::-1]):
        recognition = Recognition(order)
        seen = [
            recognition.device([CUFF], name) for name in ("BLESmart_0000011612", "Beurer BM85", "BM85", "")
        ]
        keys = [device.key for device in seen if device]
        assert keys == ["omron_cuff", "beurer_bm85", "sig_blood_pressure", "sig_blood_pressure"]


def test_a_name_alone_or_a_shared_service_alone_is_nobody() -> None:
    recognition = Recognition(catalog.devices())
    assert recognition.device([SERIAL], "Blinds") is None
    assert recognition.device([], "Beurer BM85") is None
