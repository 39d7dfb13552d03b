"""What glibc keeps of memory that nobody uses any more, held small.

It takes a picture's memory from the system and gives it back, until a larger one is freed: from then on
pictures come from its heaps (the threshold of mallopt(3) is dynamic), packets settle in the holes that they
leave, and the heaps grow by 0.4 MB and more a minute of a call, without anything being kept by us.
"""

import ctypes

_M_MMAP_THRESHOLD, _THRESHOLD_BYTES = -3, 128 * 1024  # malloc.h, and the value with which glibc begins


def keep_pictures_apart() -> None:
    """Pictures come from the system, and go back there, for good."""
    ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _THRESHOLD_BYTES)


def give_back() -> None:
    """Empty pages of the heaps. Takes a few milliseconds without Python's lock: call it in a thread.

    Source: malloc_trim(3).
    """
    ctypes.CDLL(None).malloc_trim(0)
