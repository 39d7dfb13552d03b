"""Which two descriptions of a Bluetooth unit mean the same one."""

import pytest

from devices.reading import DeviceIdentity, Kind
from drivers.instrument import InstrumentState, InstrumentStatus
from kiosk.unit import Unit, identity_seen, unit_of

CUFF = Unit("C0:0B:00:00:00:01", "UA-651BLE", "BP-0001")


def test_what_is_plugged_in_is_no_bluetooth_unit() -> None:
    assert unit_of(DeviceIdentity("contec_cms50_v7", serial="1", address="serial:1a86:7523")) is None
    assert unit_of(DeviceIdentity("uvc_otoscope")) is None


def test_a_unit_is_known_by_its_address_before_it_says_who_it_is() -> None:
    found = InstrumentStatus("ble:c0:0b:00:00:00:01", Kind.CUFF, "Cuff", InstrumentState.FOUND)
    assert unit_of(identity_seen(found)) == Unit(CUFF.address)
    not_seen = InstrumentStatus("ble:sig_blood_pressure", Kind.CUFF, "Cuff", InstrumentState.FAULTY)
    assert unit_of(identity_seen(not_seen)) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Unit(CUFF.address), True),
        (Unit("C0:0B:00:00:00:09", "UA-651BLE", "BP-0001"), True),  # new batteries, new address
        (Unit("C0:0B:00:00:00:09", "UA-651BLE", "BP-0002"), False),
        (Unit("C0:0B:00:00:00:09", "UA-1200BLE", "BP-0001"), False),
        (Unit("C0:0B:00:00:00:09"), False),
    ],
)
def test_a_unit_is_its_address_or_its_model_and_serial(other: Unit, same: bool) -> None:
    assert CUFF.is_same(other) is same


@pytest.mark.parametrize("serial", ["", "0", "000000", "12345678", "0123456789", "Serial Number", "11111111"])
def test_a_serial_number_that_every_neighbour_has_tells_nothing(serial: str) -> None:
    assert not Unit("C0:0B:00:00:00:01", "BP-X", serial).is_same(Unit("C0:0B:00:00:00:02", "BP-X", serial))


def test_the_settings_name_it_by_address_or_serial_number() -> None:
    assert CUFF.is_named("c0:0b:00:00:00:01") and CUFF.is_named("BP-0001")
    assert not CUFF.is_named("BP-0002") and not CUFF.is_named("UA-651BLE")
    assert not Unit("C0:0B:00:00:00:01").is_named("")
