"""Simulated: a processor that needs so long for each full picture, and two tracks."""

from itertools import pairwise

from kiosk.call.encoding.processor import STEPS, ProcessorWatch


class Simulation:
    """Two tracks of 30 pictures a second; a picture takes as long as its pixels."""

    def __init__(self) -> None:
        self.watch = ProcessorWatch()
        self.now_s = 100.0
        self.changes: list[tuple[float, float]] = []

    def run(self, seconds: float, full_s: float, rate_hz: float = 60.0) -> None:
        for _ in range(round(seconds * rate_hz)):
            before = self.watch.limit
            self.now_s += 1 / rate_hz
            self.watch.report(full_s * before, self.now_s)
            if self.watch.limit != before:
                self.changes.append((self.now_s, self.watch.limit))


def test_a_fast_processor_is_left_alone() -> None:
    simulation = Simulation()
    simulation.run(60, 0.006)
    assert simulation.changes == []
    assert simulation.watch.limit == 1.0


def test_a_slow_one_gets_smaller_pictures_after_two_seconds() -> None:
    simulation = Simulation()
    simulation.run(1.9, 0.015)
    assert simulation.watch.limit == 1.0
    simulation.run(0.4, 0.015)
    assert simulation.watch.limit == STEPS[1]
    simulation.run(30, 0.015)
    assert simulation.watch.limit == STEPS[1]


def test_one_that_is_far_too_slow_goes_down_step_by_step() -> None:
    simulation = Simulation()
    simulation.run(20, 0.2)
    assert [limit for _, limit in simulation.changes] == list(STEPS[1:])


def test_a_single_slow_picture_changes_nothing() -> None:
    simulation = Simulation()
    simulation.run(5, 0.006)
    simulation.watch.report(0.5, simulation.now_s)
    simulation.run(5, 0.006)
    assert simulation.changes == []


def test_the_pictures_grow_again_after_ten_seconds_with_clear_room() -> None:
    simulation = Simulation()
    simulation.run(4, 0.015)
    assert simulation.watch.limit == STEPS[1]
    simulation.run(9.5, 0.005)
    assert simulation.watch.limit == STEPS[1]
    simulation.run(4, 0.005)
    assert simulation.watch.limit == 1.0


def test_no_flapping() -> None:
    """Something else takes the processor as soon as it is free: each try waits twice as long as the last."""
    simulation = Simulation()
    for _ in range(600):
        simulation.run(1, 0.015 if simulation.watch.limit == 1.0 else 0.005)
    lowered = [at_s for at_s, limit in simulation.changes if limit < 1.0]
    waits = [after - before for before, after in pairwise(lowered)]
    assert len(lowered) <= 8
    assert waits == sorted(waits)
    assert waits[-1] > 100
