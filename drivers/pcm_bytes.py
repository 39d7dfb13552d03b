"""Samples out of a bare stream of bytes: which two make one, and what to do when a byte is missing. Pure.

Signed, 16 bits, little-endian, without frames: after one lost byte, each sample is made of halves of two, and
a heart becomes noise at full level. Of sound, the upper bytes change little from one sample to the next and
the lower ones much; so each chunk shows how it is to be cut. A chunk waits until the next one has shown that
no byte was missing in it: what is cut wrongly is not heard.

What cannot be known: an even number of lost bytes (`pcm_pace` looks for those); how to cut what is silent,
where all bytes are alike. Sound near full level above some 200 Hz, where upper and lower bytes change alike,
is taken for noise. Samples of eight bits and a zero byte are cut wrongly.
"""

from enum import Enum, auto
from typing import NamedTuple

import numpy as np

from drivers.chunks import chunk_samples

RIGHT, SLIPPED = 2.0, 3.0  # how much more one half changes than the other; chance gives 1
QUIET = 1.5  # of 256 steps: so little that it says nothing; chance gives 64
SURE_AFTER = 5


class Cut(Enum):
    RIGHT = auto()
    SLIPPED = auto()
    QUIET = auto()
    NOISE = auto()


class Piece(NamedTuple):
    """One chunk of s16le; `lost`: chunks missing just before it."""

    data: bytes
    lost: int


class PcmBytes:
    """Takes bytes cut anywhere. Nothing is given before some chunks in a row were cut right, or silent."""

    def __init__(self, rate_hz: int) -> None:
        self._size = 2 * chunk_samples(rate_hz)
        self._waiting = bytearray()
        self._held = b""
        self._to_be_sure = SURE_AFTER
        self._has_given = False
        self._lost = 0

    def missed(self, chunks: int) -> None:
        """Somebody else knows that so many are missing by now."""
        self._lost += chunks

    def feed(self, data: bytes) -> list[Piece]:
        """Whole chunks, in order."""
        self._waiting += data
        pieces: list[Piece] = []
        while len(self._waiting) >= self._size:
            chunk = bytes(self._waiting[: self._size])
            cut = how_cut(chunk)
            del self._waiting[: self._size - (cut is Cut.SLIPPED)]
            pieces += self._judge(cut, chunk)
        return pieces

    def _judge(self, cut: Cut, chunk: bytes) -> list[Piece]:
        if cut in (Cut.SLIPPED, Cut.NOISE):  # a byte is missing in this one, or in the one before
            self._drop(bool(self._held) + 1)
            self._held, self._to_be_sure = b"", SURE_AFTER
            return []
        if not self._to_be_sure:
            return self._pass(chunk)
        self._drop(1)
        self._to_be_sure -= 1
        return []

    def _drop(self, chunks: int) -> None:
        self._lost += chunks * self._has_given

    def _pass(self, chunk: bytes) -> list[Piece]:
        held, self._held = self._held, chunk
        if not held:
            return []
        lost, self._lost, self._has_given = self._lost, 0, True
        return [Piece(held, lost)]


def how_cut(chunk: bytes) -> Cut:
    """Whether the second byte of each two is the upper half of a sample."""
    lower, upper = _change(chunk[0::2]), _change(chunk[1::2])
    if max(lower, upper) < QUIET:
        return Cut.QUIET
    if lower >= RIGHT * upper:
        return Cut.RIGHT
    return Cut.SLIPPED if upper >= SLIPPED * lower else Cut.NOISE


def _change(halves: bytes) -> float:
    """From one to the next, on average, the shorter way around: 255 and 0 are neighbours in both halves."""
    steps = np.diff(np.frombuffer(halves, np.uint8)).view(np.int8)
    return float(np.abs(steps.astype(np.int16)).mean())
