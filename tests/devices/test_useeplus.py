"""The "supercamera": a JPEG comes out as it went in, however it was cut, and what lies is held in bounds."""

from hypothesis import given
from hypothesis import strategies as st

from devices.catalog.useeplus_otoscope import LONGEST_BYTES, Decoder
from devices.pictures import Picture, Pressed
from tests.fakes.pictures import ear_canal, encode_jpeg
from tests.fakes.useeplus import PACKET_BYTES, Padded, packet, packets

JPEG = encode_jpeg(ear_canal(0))
lengths = st.lists(st.integers(1, PACKET_BYTES), min_size=1, max_size=30)


def told(decoder: Decoder, transfers: list[bytes]) -> list[bytes]:
    events = [event for transfer in transfers for event in decoder.feed(transfer)]
    return [event.jpeg for event in events if isinstance(event, Picture)]


@given(sizes=lengths, number=st.integers(0, 255), memory=st.binary(max_size=200))
def test_a_picture_may_be_cut_anywhere_with_anything_behind_each_packet(
    sizes: list[int], number: int, memory: bytes
) -> None:
    cut, at = list[bytes](), 0
    while at < len(JPEG):
        size = sizes[len(cut) % len(sizes)]
        cut.append(JPEG[at : at + size])
        at += size
    transfers = [packet(number, piece) + memory for piece in cut]
    assert told(Decoder(), transfers) == [JPEG]


@given(lost=st.integers(0, 40), junk=st.binary(max_size=40))
def test_one_that_met_something_else_on_the_way_is_not_told_and_the_next_is(lost: int, junk: bytes) -> None:
    first, second = packets(JPEG, 1), packets(JPEG, 2)
    spoiled = first.copy()
    spoiled[lost % len(first)] = b"\x00" + junk
    assert told(Decoder(), [*spoiled, *second]) == [JPEG]


def test_the_one_with_old_memory_behind_each_packet() -> None:
    padded = Padded()
    transfers = [padded.transfer(each) for number in range(3) for each in packets(JPEG, number)]
    assert told(Decoder(), transfers) == [JPEG] * 3


def test_a_picture_without_an_end_is_given_up() -> None:
    decoder, endless = Decoder(), packet(1, bytes(900))
    for _ in range(3 * LONGEST_BYTES // 900):
        assert not told(decoder, [endless])
        assert len(decoder._held) <= LONGEST_BYTES
    assert told(decoder, packets(JPEG, 2)) == [JPEG]


@given(flags=st.lists(st.integers(0, 255), max_size=50))
def test_presses_are_the_times_it_went_down(flags: list[int]) -> None:
    decoder = Decoder()
    events = [event for each in flags for event in decoder.feed(packet(1, b"", flags=each))]
    down = [bool(each & 2) for each in flags]
    edges = sum(now and not before for before, now in zip([False, *down], down, strict=False))
    assert sum(isinstance(event, Pressed) for event in events) == edges
