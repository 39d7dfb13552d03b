from kiosk.call.congestion.controller import Controller
from kiosk.call.congestion.loss_rule import LossRule, Verdict
from kiosk.call.congestion.sent_log import Ack


def verdicts(before: float, after: float) -> list[Verdict]:
    """A hundred packets a second; one in so many is lost until the trial begins, then fewer."""
    rule, found, loss = LossRule(), list[Verdict](), before
    owed = 0.0
    for n in range(1000):
        owed += loss
        rule.add(n * 0.01, int(owed))
        owed -= int(owed)
        verdict = rule.verdict(n * 0.01, 0.3)
        if verdict is not Verdict.NONE:
            found.append(verdict)
            loss = after
    return found


def test_a_line_that_loses_by_itself_is_tried_once() -> None:
    assert verdicts(0.1, 0.1) == [Verdict.TRY, Verdict.LINE]


def test_loss_that_ends_with_the_cut_is_ours() -> None:
    assert verdicts(0.15, 0.0) == [Verdict.TRY, Verdict.OURS]


def test_nearly_a_third_is_too_much_whoever_loses_it() -> None:
    assert verdicts(0.4, 0.0) == [Verdict.HEAVY]


def test_a_trial_that_changes_nothing_is_taken_back_at_once() -> None:
    controller, rates = Controller(), list[int]()
    for n in range(400):
        now_s = n * 0.01
        controller.on_sent(625, now_s)
        controller.on_acks([Ack(now_s - 0.05, None if n % 10 == 9 else now_s, 625)], now_s)
        rates.append(controller.rate_bps)  # no tick: nothing grows by itself
    assert min(rates) <= 350_000
    assert rates[-1] == rates[0] == 500_000
