"""Packets numbered at one end, acknowledged at the other, over a line that loses and disorders."""

import random

from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.congestion import feedback_message
from kiosk.call.congestion.arrival_log import ArrivalLog
from kiosk.call.congestion.sent_log import Ack, SentLog


@given(st.integers(0, 2**32), st.floats(0, 0.5), st.integers(0, 70_000))
def test_every_packet_is_told_of_once(seed: int, loss: float, first: int) -> None:
    dice = random.Random(seed)
    sent, arrived, acks = SentLog(), ArrivalLog(), list[Ack]()
    for _ in range(first % 1000):
        sent.add(0.0, 1)
    came = 0
    for step in range(300):
        number = sent.add(step * 0.01, 1000 + step)
        if step == 0 or dice.random() >= loss:
            came += 1
            arrived.add(number, 500 + step * 0.01)
        feedback = arrived.take(1, 2) if step % 7 == 6 or step == 299 else None
        if feedback is not None:
            acks += sent.acks(feedback_message.parse(feedback_message.build(feedback)))
    assert len({ack.size_bytes for ack in acks}) == len(acks) <= 300
    assert sum(ack.arrived_s is not None for ack in acks) == came
    delays = [ack.arrived_s - ack.sent_s for ack in acks if ack.arrived_s is not None]
    assert max(delays) - min(delays) < 0.001


def test_a_late_packet_is_not_lost() -> None:
    sent, arrived = SentLog(), ArrivalLog()
    numbers = [sent.add(0.1 * n, 100) for n in range(4)]
    told: list[Ack] = []
    for group in ((0, 2), (1, 3)):
        for n in group:
            arrived.add(numbers[n], 1 + 0.1 * n)
        feedback = arrived.take(1, 2)
        assert feedback is not None
        told += sent.acks(feedback)
    assert all(ack.arrived_s is not None for ack in told)
    assert len(told) == 4
    assert arrived.take(1, 2) is None


@given(st.floats(0, 60), st.integers(0, 9))
def test_a_stall_between_two_packets_never_makes_a_message_that_cannot_be_built(
    stall_s: float, late: int
) -> None:
    """A computer that slept, or a loop that was held up, before or after what came was told of."""
    arrived = ArrivalLog()
    for number in range(10):
        if number != late:
            arrived.add(number, 100 + number * 0.01)
    arrived.take(1, 2)
    arrived.add(10, 100.2)
    arrived.add(late, 100.2 + stall_s)
    feedback = arrived.take(1, 2)
    assert feedback is not None
    assert feedback_message.parse(feedback_message.build(feedback)).arrivals


def test_numbers_and_clocks_wrap() -> None:
    sent, arrived = SentLog(), ArrivalLog()
    wrap_s = 2**32 * feedback_message.TICK_S
    seen: list[float] = []
    for step in range(70_000):
        number = sent.add(float(step), 10)
        if step < 65_000:
            continue
        arrived.add(number, wrap_s - 2.0 + (step - 65_000) * 0.001)
        if step % 100 == 99:
            feedback = arrived.take(1, 2)
            assert feedback is not None
            seen += [ack.arrived_s for ack in sent.acks(feedback) if ack.arrived_s is not None]
    assert len(seen) == 5000
    assert seen == sorted(seen)
