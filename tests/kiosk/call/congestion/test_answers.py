"""What is answered how often: key frames that are asked for, packets that were lost."""

import asyncio
from itertools import pairwise

from kiosk.call.congestion.key_frames import KeyFrames
from kiosk.call.congestion.resend import ResendBudget, Resends
from tests.fakes.polling import until


async def test_a_storm_costs_one_key_frame_now_and_one_later() -> None:
    made: list[int] = []
    pictures = KeyFrames(lambda: made.append(1))
    for _ in range(50):
        pictures.ask()
    assert len(made) == 1
    await until(lambda: len(made) == 2)
    await asyncio.sleep(0)
    assert len(made) == 2
    pictures.close()


def test_a_packet_is_sent_again_once_per_round_trip() -> None:
    resends = Resends()
    asked_s = [n * 0.02 for n in range(20)]
    sent_s = [at_s for at_s in asked_s if resends.may_send(7, 0.1, at_s)]
    assert all(0.079 < b - a < 0.15 for a, b in pairwise(sent_s))
    assert 3 <= len(sent_s) <= 5
    assert resends.may_send(8, 0.1, 0.0)


def test_the_memory_is_bounded() -> None:
    resends = Resends()
    assert all(resends.may_send(n, 0.1, 0.0) for n in range(5000))
    assert len(resends._sent_s) <= 1024


def test_resends_take_a_part_of_the_line_only() -> None:
    budget = ResendBudget()
    taken = sum(1200 for n in range(2000) if budget.take(1200, 500_000, n * 0.005))
    assert 0.2 < taken * 8 / 10 / 500_000 < 0.4
