"""Golden messages, by hand from the draft's pictures (sections 3.1.1 to 3.1.5)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.congestion.feedback_message import TICKS_WRAP, Feedback, FeedbackError, build, parse

RUN = bytes.fromhex("8fcd0006 00000001 00000002 0064 0003 00000105 2003 000408 000000".replace(" ", ""))
# Padded: P bit, run of three small deltas (0, 4, 8 ticks) after 64 ms, message 5, packet 100.
RUN_PADDED = bytes.fromhex(
    "afcd0006 00000001 00000002 0064 0003 00000105 2003 000408 000003".replace(" ", "")
)
# One-bit vector: arrived, lost, arrived.
ONE_BIT = bytes.fromhex("8fcd0005 00000001 00000002 ffff 0003 00000200 a800 0104".replace(" ", ""))
# Two-bit vector: small, large (-4), lost, large (256).
TWO_BIT = bytes.fromhex("afcd0006 00000001 00000002 0001 0004 00000000 d880 0a fffc 0100 01".replace(" ", ""))


def test_a_run() -> None:
    wanted = Feedback(1, 2, 100, 5, (256, 260, 268))
    assert parse(RUN) == wanted
    assert parse(RUN_PADDED) == wanted
    assert build(wanted) == RUN_PADDED


def test_a_vector_of_single_bits_across_the_wrap_of_numbers() -> None:
    wanted = Feedback(1, 2, 65535, 0, (513, None, 517))
    assert parse(ONE_BIT) == wanted
    assert build(wanted) == ONE_BIT


def test_a_vector_of_double_bits() -> None:
    wanted = Feedback(1, 2, 1, 0, (10, 6, None, 262))
    assert parse(TWO_BIT) == wanted
    assert build(wanted) == TWO_BIT


@pytest.mark.parametrize("length", range(0, len(TWO_BIT)))
def test_a_truncated_message(length: int) -> None:
    with pytest.raises(FeedbackError):
        parse(TWO_BIT[:length])


def test_what_cannot_be_told() -> None:
    for arrivals in ((None, None), (), (0, 40_000)):
        with pytest.raises(FeedbackError):
            build(Feedback(1, 2, 0, 0, arrivals))


@given(st.binary(max_size=120))
def test_garbage_is_one_kind_of_error(body: bytes) -> None:
    padded = body + bytes(-len(body) % 4)
    packet = bytes([0x8F, 205]) + (len(padded) // 4).to_bytes(2, "big") + padded
    for data in (body, packet):
        with suppress(FeedbackError):
            parse(data)


_STEP = st.one_of(st.none(), st.integers(0, 255), st.integers(-32_000, 32_000))


@given(
    st.integers(0, 65535), st.integers(0, 255), st.integers(0, TICKS_WRAP - 1), st.lists(_STEP, max_size=300)
)
def test_what_is_built_is_read(base: int, count: int, start: int, steps: list[int | None]) -> None:
    arrivals: list[int | None] = [start]
    at = start
    for step in steps:
        at = at if step is None else (at + step) % TICKS_WRAP
        arrivals.append(None if step is None else at)
    feedback = Feedback(7, 8, base, count, tuple(arrivals))
    assert parse(build(feedback)) == feedback
