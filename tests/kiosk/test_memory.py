"""What was dropped goes back to the system; what is in use stays."""

import gc
import subprocess
import sys

import psutil
import pytest

from kiosk.memory import give_back, keep_pictures_apart

_BLOCK_BYTES, _BLOCKS, _KEPT_EACH = 4000, 40_000, 40
_PICTURE_BYTES, _PACKETS_BYTES, _PICTURES = 640 * 480 * 3 // 2, 20_000, 300


def _rss_mb(own: psutil.Process) -> int:
    return int(own.memory_info().rss) >> 20


def _holes() -> None:
    """Prints how many MB are resident when all but each fortieth block is dropped, before and after."""
    own = psutil.Process()
    empty_mb = _rss_mb(own)
    blocks = [bytes([number % 251]) * _BLOCK_BYTES for number in range(_BLOCKS)]
    kept = blocks[::_KEPT_EACH]
    del blocks
    gc.collect()
    before_mb = _rss_mb(own) - empty_mb
    give_back()
    assert all(block == bytes([block[0]]) * _BLOCK_BYTES for block in kept)
    print(before_mb, _rss_mb(own) - empty_mb)


def _pictures(apart: bool) -> None:
    """Prints how many MB of 300 pictures stay, when its packets were kept after each of them."""
    own = psutil.Process()
    if apart:
        keep_pictures_apart()
    bytes(2 * _PICTURE_BYTES)  # a larger one was freed before, as in every call
    empty_mb = _rss_mb(own)
    pictures, packets = [], []
    for _ in range(_PICTURES):
        pictures.append(bytes([1]) * _PICTURE_BYTES)
        packets.append(bytes([2]) * _PACKETS_BYTES)
    pictures.clear()
    print(_rss_mb(own) - empty_mb)


def _alone(*arguments: str) -> list[int]:
    """In a process of its own: this one's heaps have holes already."""
    command = [sys.executable, "-m", "tests.kiosk.test_memory", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(word) for word in said.stdout.split()]


def test_what_was_dropped_among_what_is_kept_is_given_back() -> None:
    before_mb, after_mb = _alone("holes")
    assert before_mb > 100, "nothing was held: the test proves nothing"
    assert after_mb < before_mb / 4


@pytest.mark.parametrize(("how", "least_mb", "most_mb"), [("apart", 0, 30), ("as glibc does", 100, 200)])
def test_pictures_leave_no_holes_between_packets(how: str, least_mb: int, most_mb: int) -> None:
    (left_mb,) = _alone(how)
    assert least_mb <= left_mb <= most_mb


if __name__ == "__main__":
    if sys.argv[1] == "holes":
        _holes()
    else:
        _pictures(apart=sys.argv[1] == "apart")
