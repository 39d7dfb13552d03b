"""Samples out of a bare stream: none is made of halves of two, and whatever is missing is told."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.chunks import chunk_samples
from drivers.pcm_bytes import SURE_AFTER, PcmBytes, Piece
from tests.fakes.pcm import RATE_HZ, chest

CHEST = chest()
SIZE = 2 * chunk_samples(RATE_HZ)
START = SURE_AFTER * SIZE


def heard(*parts: bytes) -> list[Piece]:
    cutter = PcmBytes(RATE_HZ)
    return [piece for part in parts for piece in cutter.feed(part)]


def sound(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def places(pieces: list[Piece]) -> list[int]:
    """Where each piece stands in the chest; -1: nowhere, it was made of halves."""
    return [CHEST.find(piece.data) for piece in pieces]


@given(st.lists(st.integers(1, 999), max_size=40))
def test_cut_anywhere_the_samples_are_the_same(sizes: list[int]) -> None:
    ends = [0, *np.cumsum(sizes).tolist(), len(CHEST)]
    pieces = heard(*(CHEST[start:end] for start, end in pairwise(ends)))
    assert CHEST[START:].startswith(sound(pieces))
    assert len(CHEST) - len(sound(pieces)) < 2 * SIZE + START
    assert {piece.lost for piece in pieces} == {0}


def test_a_stream_that_is_met_between_two_halves_is_cut_right() -> None:
    pieces = heard(CHEST[1:])
    assert len(sound(pieces)) > len(CHEST) - START - 4 * SIZE
    assert all(place >= 0 and place % 2 == 0 for place in places(pieces))
    assert {piece.lost for piece in pieces} == {0}, "nothing was heard before"


@pytest.mark.parametrize("at", range(20_000, 20_000 + SIZE, 7))
def test_after_a_lost_byte_nothing_is_made_of_halves(at: int) -> None:
    pieces = heard(CHEST[:at] + CHEST[at + 1 :])
    found = places(pieces)
    assert all(place >= 0 and place % 2 == 0 for place in found)
    holes = [index for index, piece in enumerate(pieces) if piece.lost]
    assert len(holes) == 1, "one place where sound is missing"
    (hole,) = holes
    assert found[hole - 1] + SIZE <= at < found[hole], "and it is told there"
    assert found[hole] - found[hole - 1] <= START + 4 * SIZE
    assert abs(found[hole] - found[hole - 1] - SIZE - pieces[hole].lost * SIZE) <= SIZE


@pytest.mark.parametrize("more", [1, 3])
def test_a_byte_too_many_is_found_as_well(more: int) -> None:
    pieces = heard(CHEST[:20_001] + b"\x5a" * more + CHEST[20_001:])
    assert all(place >= 0 and place % 2 == 0 for place in places(pieces))
    assert sum(piece.lost for piece in pieces) >= 1


def test_a_byte_that_was_lost_in_silence_is_noticed_with_the_first_sound() -> None:
    silence = bytes(10 * SIZE - 1)
    pieces = heard(CHEST[:8000], silence, CHEST[8000:])
    assert all(place >= 0 for place in places([p for p in pieces if any(p.data)][:-1]))
    assert sum(piece.lost for piece in pieces) >= 1


def test_what_somebody_else_missed_is_told_with_the_next_piece() -> None:
    cutter = PcmBytes(RATE_HZ)
    before = cutter.feed(CHEST[: START + 5 * SIZE])
    cutter.missed(7)
    after = cutter.feed(CHEST[START + 5 * SIZE : START + 8 * SIZE])
    assert [piece.lost for piece in (*before, *after)] == [0] * len(before) + [7, 0, 0]


def test_nothing_is_heard_of_bytes_that_are_no_sound() -> None:
    noise = np.random.default_rng(5).integers(0, 256, 5 * 2 * RATE_HZ).astype(np.uint8).tobytes()
    assert heard(noise) == []
    assert places(heard(CHEST, noise))[-1] >= 0
    assert len(heard(CHEST, noise)) > len(CHEST) // SIZE - 2 * SURE_AFTER


@pytest.mark.parametrize("tone_hz", [50, 100])
def test_a_sound_at_full_level_is_cut_right(tone_hz: int) -> None:
    at_s = np.arange(4 * RATE_HZ) / RATE_HZ
    loud = np.clip(60_000 * np.sin(2 * np.pi * tone_hz * at_s), -32768, 32767).astype("<i2").tobytes()
    pieces = heard(CHEST, loud)
    assert (CHEST + loud)[START:].startswith(sound(pieces))
    assert {piece.lost for piece in pieces} == {0}


@given(st.binary(max_size=3 * SIZE))
def test_any_bytes_give_whole_chunks(data: bytes) -> None:
    assert all(len(piece.data) == SIZE for piece in heard(data))
