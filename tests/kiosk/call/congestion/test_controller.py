"""The controller on simulated lines. Utilisation is of what arrives, voice and headers included."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.call.congestion.allocation import DATA_BPS, VOICE_BPS
from kiosk.call.congestion.controller import MIN_BPS, Controller, State
from kiosk.call.congestion.sent_log import Ack
from kiosk.call.streams import VoiceMode
from tests.kiosk.call.congestion.simulated_link import Line, Moment, Simulation, mean, steady, steps


def arrived(moments: list[Moment]) -> float:
    return mean([moment.arrived_bps for moment in moments])


def queue(moments: list[Moment], part: float) -> float:
    return sorted(moment.queue_s for moment in moments)[int(part * (len(moments) - 1))]


@pytest.mark.parametrize("jitter_s", [0.0, 0.03])
@pytest.mark.parametrize("rate_bps", [200e3, 500e3, 3e6])
def test_a_steady_line_is_used_without_a_queue(rate_bps: float, jitter_s: float) -> None:
    later = Simulation(Line(steady(rate_bps), jitter_s=jitter_s)).run(40).between(8, 40)
    assert arrived(later) > 0.9 * rate_bps
    assert queue(later, 0.5) < 0.1
    assert queue(later, 0.95) < 0.2


def test_a_wide_line_is_used_within_seconds() -> None:
    simulation = Simulation(Line(steady(10e6))).run(6)
    assert simulation.controller.rate_bps == 4_000_000


def test_clocks_that_drift_are_no_queue() -> None:
    later = Simulation(Line(steady(800e3), drift=2e-4)).run(60).between(20, 60)
    assert arrived(later) > 0.9 * 800e3


@pytest.mark.parametrize("loss", [0.05, 0.10])
@pytest.mark.parametrize("rate_bps", [200e3, 500e3, 1e6])
def test_random_loss_takes_no_more_than_itself(rate_bps: float, loss: float) -> None:
    for seed in (1, 2, 3):
        later = Simulation(Line(steady(rate_bps), loss=loss), seed=seed).run(40).between(8, 40)
        assert mean([moment.rate_bps for moment in later]) > 0.8 * rate_bps
        assert arrived(later) > 0.8 * rate_bps * (1 - loss)


def test_heavy_loss_backs_off_but_keeps_the_voice() -> None:
    simulation = Simulation(Line(steady(2e6), loss=0.45)).run(20)
    assert 45_000 <= simulation.controller.rate_bps < 300_000


def test_a_policer_is_respected() -> None:
    simulation = Simulation(Line(steady(10e6), policed_bps=500e3)).run(60)
    later = simulation.between(20, 60)
    assert arrived(later) > 0.8 * 500e3
    assert mean([moment.rate_bps for moment in later]) < 1.3 * 500e3


def test_a_lifted_cap_is_noticed() -> None:
    simulation = Simulation(Line(steps((0, 500e3), (20, 3e6)))).run(30)
    assert max(moment.rate_bps for moment in simulation.between(20, 30)) > 0.9 * 3e6


def test_a_sudden_narrowing_is_followed() -> None:
    simulation = Simulation(Line(steps((0, 2.5e6), (20, 300e3)))).run(40)
    assert all(moment.rate_bps < 330e3 for moment in simulation.between(21.2, 24))
    assert queue(simulation.between(25, 40), 0.9) < 0.15
    assert arrived(simulation.between(25, 40)) > 0.85 * 300e3


def test_a_queue_that_a_narrowing_left_goes_at_once_and_costs_no_size() -> None:
    simulation = Simulation(Line(steps((0, 2.5e6), (20, 500e3)), queue_max_s=0.6))
    simulation.run(20.2)
    controller, settled_bps = simulation.controller, list[float]()
    while simulation.moments[-1].at_s < 24:
        simulation.run(0.1)
        if controller.state is State.DRAIN:
            settled_bps.append(controller.settled_bps)
    assert queue(simulation.between(21.7, 24), 1.0) < 0.25
    assert min(settled_bps) > 0.8 * 500e3


def test_a_line_that_all_but_closes_is_not_taken_for_one_that_was_cut() -> None:
    """Its queue keeps every answer back for so long that it looks like a cut; then all answers come late."""
    controller, sent_s = Controller(start_bps=2_000_000), 0.0
    for n in range(800):
        now_s, sent_s = n * 0.01, n * 0.01
        controller.on_sent(1000, sent_s)
        controller.tick(now_s)
        if n < 500:
            controller.on_acks([Ack(sent_s - 0.025, sent_s, 1000)], now_s)
        elif n >= 565:
            controller.on_acks([Ack(sent_s - 0.425, sent_s, 100)], now_s)
        if n == 564:
            assert controller.state is State.SILENT
    assert controller.rate_bps < 200_000


def test_no_picture_leaves_faster_than_a_known_line_carries() -> None:
    simulation = Simulation(Line(steady(500e3)))
    simulation.run(10)
    assert max(simulation.run(0.1).controller.burst_bps for _ in range(100)) < 1.25 * 500e3


def test_a_longer_way_after_a_cut_is_no_queue() -> None:
    controller = Controller(start_bps=1_000_000)
    for n in range(1500):
        now_s = n * 0.01
        controller.on_sent(500, now_s)
        controller.tick(now_s)
        if n < 500:
            controller.on_acks([Ack(now_s - 0.025, now_s, 500)], now_s)
        elif n > 1000:
            controller.on_acks([Ack(now_s - 0.3, now_s, 500)] if n > 1030 else [Ack(now_s, None, 500)], now_s)
    assert controller.rate_bps > 600_000


@pytest.mark.parametrize("cut_s", [5, 20, 45])
def test_a_cut_is_survived(cut_s: int) -> None:
    simulation = Simulation(Line(steps((0, 1e6), (15, 0), (15 + cut_s, 1e6)))).run(15 + cut_s + 4)
    assert simulation.between(17.5, 18)[0].rate_bps < 60_000
    back = simulation.between(15 + cut_s, 15 + cut_s + 1.5)
    assert max(moment.rate_bps for moment in back) > 0.7 * 1e6


def test_a_quiet_sender_is_not_taken_for_a_cut() -> None:
    controller = Controller()
    for n in range(100):
        controller.tick(n * 0.1)
    controller.on_sent(1000, 10.0)
    controller.tick(10.1)
    assert controller.state is State.START
    assert controller.rate_bps == 500_000


def test_what_nobody_sends_is_not_promised() -> None:
    simulation = Simulation(Line(steady(3e6)), fill=0.3).run(20)
    last = simulation.moments[-1]
    assert simulation.controller.rate_bps < 1.5 * 1.6 * last.arrived_bps + 60_000


def reported(capacity_bps: float, seconds: int) -> Controller:
    """A peer without transport-wide feedback: a report a second, its round trip holds the queue."""
    controller, queue_bits = Controller(), 0.0
    for n in range(seconds * 10):
        now_s = n * 0.1
        controller.on_sent(int(controller.rate_bps / 80), now_s)
        queue_bits = max(0.0, queue_bits + controller.rate_bps * 0.1 - capacity_bps * 0.1)
        lost = max(0.0, queue_bits - 0.4 * capacity_bps)
        queue_bits -= lost
        controller.tick(now_s)
        if n % 10 == 9:
            loss = min(1.0, lost / (controller.rate_bps * 0.1))
            controller.on_report(loss, 0.05 + queue_bits / capacity_bps, now_s)
            controller.on_remb(capacity_bps, now_s)
    return controller


@pytest.mark.parametrize("capacity_bps", [200e3, 500e3, 2e6])
def test_reports_do_when_there_is_nothing_better(capacity_bps: float) -> None:
    rates = [reported(capacity_bps, seconds).rate_bps for seconds in range(30, 45)]
    assert 0.7 * capacity_bps < mean([float(rate) for rate in rates]) < 1.25 * capacity_bps


_LINES = st.lists(st.sampled_from([60e3, 150e3, 300e3, 500e3, 1e6, 2e6, 3e6, 0.0]), min_size=2, max_size=4)


@settings(max_examples=12)
@given(_LINES, st.sampled_from([0.0, 0.05, 0.1]), st.sampled_from([0.0, 0.02]), st.integers(1, 99))
def test_never_above_the_line_for_long_and_always_back(
    rates: list[float], loss: float, jitter_s: float, seed: int
) -> None:
    parts = [*rates, 500e3]
    line = Line(steps(*((12.0 * n, rate) for n, rate in enumerate(parts))), loss=loss, jitter_s=jitter_s)
    simulation = Simulation(line, seed=seed).run(12.0 * len(parts))
    assert all(moment.rate_bps >= MIN_BPS for moment in simulation.moments)
    for n, rate_bps in enumerate(parts):
        settled = simulation.between(12.0 * n + 6, 12.0 * n + 12)
        assert mean([moment.rate_bps for moment in settled]) < max(1.2 * rate_bps, 60e3)
    assert max(moment.rate_bps for moment in simulation.moments[-60:]) > 0.9 * 500e3


_LEAN_BPS = VOICE_BPS[VoiceMode.LEAN] + DATA_BPS


@settings(max_examples=10)
@given(
    st.integers(100_000, 3_000_000),
    st.sampled_from([0.0, 0.1]),
    st.sampled_from([0.0, 0.03]),
    st.integers(1, 99),
)
def test_a_line_that_carries_a_voice_always_has_its_rate(
    capacity_bps: int, loss: float, jitter_s: float, seed: int
) -> None:
    """However deep it backs off, what is left is a lean voice and the readings, or more."""
    simulation = Simulation(Line(steady(capacity_bps), loss=loss, jitter_s=jitter_s), seed=seed).run(30)
    assert min(moment.rate_bps for moment in simulation.moments) >= _LEAN_BPS
