"""An Omron's memory: what is taken for its pairing mode, and that a damaged answer never makes a number."""

import pytest

from devices import catalog
from devices.event import Measured
from devices.omron_eeprom import shows_pairing
from tests.devices import vectors

PAIRING, OTHERWISE, UNREADABLE = bytes.fromhex("012c020001"), bytes.fromhex("0124020001"), b"\x01\x2c"


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("BLEsmart_00000258", {}, True),
        ("BLEsmart_00000258", {0x020E: PAIRING}, True),
        ("BLEsmart_00000258", {0x004C: OTHERWISE}, True),
        ("BLEsmart_00000258", {0x020E: OTHERWISE}, False),
        ("BLEsmart_00000258", {0x020E: UNREADABLE}, False),
        ("BLESmart_00000258", {}, False),
        ("BLESmart_00000258", {0x020E: PAIRING}, False),
        ("", {0x020E: PAIRING}, False),
    ],
)
def test_the_pairing_mode_is_shown_by_the_name_and_not_denied(
    name: str, said: dict[int, bytes], expected: bool
) -> None:
    assert shows_pairing(name, said) is expected


def test_no_wrong_bit_makes_another_number() -> None:
    whole = next(stream for stream in vectors.streams("omron_hem7361t") if not stream.pairing)
    right = _measured(whole.pieces)
    for at, (source, piece) in enumerate(whole.pieces):
        for bit in range(8 * len(piece)):
            wrong = bytearray(piece)
            wrong[bit // 8] ^= 1 << bit % 8
            heard = (*whole.pieces[:at], (source, bytes(wrong)), *whole.pieces[at + 1 :])
            assert all(each in right for each in _measured(heard))


def _measured(pieces: tuple[tuple[str, bytes], ...]) -> list[Measured]:
    decoder = catalog.by_key()["omron_hem7361t"].decoder
    assert decoder is not None
    stream = vectors.Stream("", pieces, (), pairing=False)
    return [event for event in vectors.play(decoder(), stream) if isinstance(event, Measured)]
