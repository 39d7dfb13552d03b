"""What was dropped goes back to the system; what is in use stays."""

import gc
import subprocess
import sys

import psutil

from kiosk.memory import give_back

_BLOCK_BYTES, _BLOCKS, _KEPT_EACH = 4000, 40_000, 40


def _in_a_process_of_its_own() -> None:
    """Prints how many MB are resident when all but each fortieth block is dropped, before and after."""
    own = psutil.Process()
    empty = own.memory_info().rss
    blocks = [bytes([number % 251]) * _BLOCK_BYTES for number in range(_BLOCKS)]
    kept = blocks[::_KEPT_EACH]
    del blocks
    gc.collect()
    before = own.memory_info().rss - empty
    give_back()
    after = own.memory_info().rss - empty
    assert all(block == bytes([block[0]]) * _BLOCK_BYTES for block in kept)
    print(before >> 20, after >> 20)


def test_what_was_dropped_among_what_is_kept_is_given_back() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.kiosk.test_memory"], capture_output=True, text=True, check=True
    )
    before_mb, after_mb = map(int, said.stdout.split())
    assert before_mb > 100, "nothing was held: the test proves nothing"
    assert after_mb < before_mb / 4


if __name__ == "__main__":
    _in_a_process_of_its_own()
