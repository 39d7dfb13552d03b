"""Decoders of others for what the first independent one does not know, on what each of them gets right.

bluetooth-sig reads every medical float wrongly: a glucose record's number is not asked of it, nor a body's.
"""

import pytest
from bluetooth_sig import BluetoothSIGTranslator
from emay_sleepo2 import protocol as emay
from hypothesis import given
from hypothesis import strategies as st

from devices import catalog
from devices.event import FrameError
from tests.devices import vectors

SIG = BluetoothSIGTranslator()
MODULES = ("sig_glucose", "ieee11073")


def _frames(*protocols: str) -> list[vectors.Frame]:
    return [frame for module in MODULES for frame in vectors.frames(module) if frame.protocol in protocols]


@pytest.mark.parametrize("frame", _frames("glucose"), ids=lambda frame: frame.data.hex())
def test_they_agree_on_whose_glucose_it_is_and_when_it_was_taken(frame: vectors.Frame) -> None:
    ours, theirs = catalog.decode("glucose", frame.data), SIG.parse_characteristic("2A18", frame.data)
    assert (ours["seq"], ours["datetime"]) == (theirs.sequence_number, theirs.base_time.isoformat())
    assert ours.get("offset_min") == theirs.time_offset_minutes
    assert (ours["type"], ours["location"]) == (theirs.glucose_type, theirs.sample_location)
    assert ours.get("status") == theirs.sensor_status


@pytest.mark.parametrize("frame", _frames("racp"), ids=lambda frame: frame.data.hex())
def test_they_agree_on_the_answers_of_the_record_access_control_point(frame: vectors.Frame) -> None:
    ours, theirs = catalog.decode("racp", frame.data), SIG.parse_characteristic("2A52", frame.data)
    assert ours["opcode"] == theirs.opcode
    if "number" in ours:
        assert ours["number"] == int.from_bytes(theirs.operand, "little")
    else:
        assert (ours["request"], ours["result"]) == tuple(theirs.operand)


@pytest.mark.parametrize("frame", _frames("current_time"), ids=lambda frame: frame.data.hex())
def test_they_agree_on_the_current_time(frame: vectors.Frame) -> None:
    theirs = SIG.parse_characteristic("2A2B", frame.data)
    assert catalog.decode("current_time", frame.data)["datetime"] == theirs.date_time.isoformat()


@given(pulse=st.integers(0, 255), spo2=st.integers(0, 255), spoiled=st.integers(0, 1))
def test_emay_agrees_on_every_number_that_it_takes(pulse: int, spo2: int, spoiled: int) -> None:
    head = bytes((0xEB, 0x01, 0x05, pulse, spo2, 0x7F, 0x00))
    frame = head + bytes((emay.checksum(head) ^ spoiled,))
    theirs = emay.parse_reading(frame)
    if spoiled:
        assert theirs is None
        with pytest.raises(FrameError):
            catalog.decode("contec_ble_result", frame)
    elif theirs is not None:  # it drops what is implausible; we mark it
        assert catalog.decode("contec_ble_result", frame) == {"pr": theirs.pulse, "spo2": theirs.spo2}
