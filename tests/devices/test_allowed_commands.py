"""What may be sent to an instrument: each protocol's list, and that nothing else can be made or declared."""

import pytest

from devices import catalog
from devices.catalog import contec_ble, viatom_o2ring
from devices.device import BleMatch, SerialMatch

# All that the kiosk can send to an instrument beside the time of day: a new command is a decision.
SENT = {
    "contec_cms50_v7": {"7d81a1808080808080", "7d81a2808080808080", "7d81af808080808080"},
    "contec_ble": {"8909", "8e0513", "9b011c", "8606", "9a1a"},
    "sig_glucose": {"0106"},  # report the last record; 02 would delete
    "sig_pulse_oximeter": {"0106"},
    "viatom_o2ring": {"aa17e8000000001b"},
}


@pytest.mark.parametrize("key", catalog.by_key())
def test_a_device_is_sent_what_is_listed_here_and_nothing_else(key: str) -> None:
    match, sent = catalog.by_key()[key].match, set[bytes]()
    if isinstance(match, SerialMatch):
        sent = {*match.start, *match.stop, match.keep_alive}
    elif isinstance(match, BleMatch):
        sent = {*match.start, match.keep_alive}
    assert {command.hex() for command in sent if command} == SENT.get(key, set())


@pytest.mark.parametrize("command", [0x03, 0x04, 0x05, 0x16, 0x18, 0x1B])
def test_a_ring_cannot_be_reset_or_configured(command: int) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        viatom_o2ring.request(command)


@pytest.mark.parametrize("body", [b"\x81", b"\x82", b"\x9b\x00", b"\x9b\x7f", b""])
def test_a_contec_is_only_started(body: bytes) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        contec_ble.command(body)
