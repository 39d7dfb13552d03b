import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.receiving.opus_packet import PACKET_MAX, copied, duration
from tests.kiosk.call.receiving.lossy_line import encode, tone, voice


@pytest.mark.parametrize(
    ("config", "samples"),
    [(0, 480), (3, 2880), (9, 960), (12, 480), (15, 960), (16, 120), (19, 960), (28, 120), (31, 960)],
)
def test_durations_of_table_2(config: int, samples: int) -> None:
    assert duration(bytes([config << 3, 0])) == samples
    assert duration(bytes([config << 3 | 1, 0])) == (2 * samples)


@pytest.mark.parametrize("packet_ms", [10, 20, 40, 60])
def test_real_packets(packet_ms: int) -> None:
    assert {duration(packet) for packet in encode(tone(1), packet_ms)} == {packet_ms * 48}


def test_what_cannot_be_opus() -> None:
    assert duration(b"") == 0
    assert duration(b"\x03") == 0  # code 3 without its count
    assert duration(b"\x1b\x3f") == 0  # 63 frames of 60 ms


def test_a_voice_is_protected_and_celt_never() -> None:
    packets = encode(voice(3))
    assert sum(copied(packet) == 960 for packet in packets) > 0.5 * len(packets)
    assert copied(b"\xf8\xff\xff") == 0


@given(st.binary(max_size=300))
def test_any_bytes(packet: bytes) -> None:
    assert 0 <= duration(packet) <= PACKET_MAX
    assert 0 <= copied(packet) <= 2880
