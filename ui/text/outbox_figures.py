"""What waits to be delivered, in words: the same lines each time."""

from collections.abc import Iterator

from kiosk.outbox_copy import CopyMade
from kiosk.outbox_figures import Held, OutboxFigures
from kiosk.outbox_reasons import HeldState, Obstacle
from ui.text.isolated import isolated
from ui.text.table import OutboxText, Texts
from ui.widgets.held_list import HeldLine

_CHAIN = "audit"  # as in the outbox: no session's
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def lines(figures: OutboxFigures, texts: Texts) -> list[tuple[str, str]]:
    """Names and values."""
    text, counts = texts.outbox, figures.counts
    obstacle = figures.paused or figures.last_answer
    return [
        (text.line, text.paused if figures.paused else text.online if figures.online else text.offline),
        (text.waiting, str(counts.to_send)),
        (text.refused, str(counts.quarantined)),
        (text.delivered, str(counts.delivered)),
        (text.oldest, text.nothing if figures.oldest_s is None else _age(figures.oldest_s, text)),
        (text.last_answer, isolated(obstacle) if obstacle else text.nothing),
    ]


def held_lines(figures: OutboxFigures, texts: Texts) -> list[HeldLine]:
    return [_held(each, texts.outbox) for each in figures.held]


def more_held(figures: OutboxFigures, texts: Texts) -> str:
    """A sentence about the records that no line counts, or ""."""
    left = figures.counts.unfinished - sum(each.count for each in figures.held)
    return texts.outbox.held_more.format(count=left) if left > 0 else ""


def copy_words(made: CopyMade, text: OutboxText) -> str:
    """What became of the copy, and where it is."""
    if made.trouble is not None:
        return text.copy_troubles[made.trouble]
    return text.copied.format(records=made.records, place=isolated(made.place))


def _held(held: Held, text: OutboxText) -> HeldLine:
    words = text.obstacles[held.obstacle] if held.obstacle is not None else ""
    number = _number(held)
    return HeldLine(
        name=_name(held, text),
        state=text.states[held.state],
        facts=" · ".join(_facts(held, text)),
        answer=f"{words} {isolated(number)}" if words and number else words,
        refused=held.state is HeldState.REFUSED,
    )


def _name(held: Held, text: OutboxText) -> str:
    if held.kind != _CHAIN:
        return text.session.format(count=held.count)
    name = text.kinds[_CHAIN]
    return f"{name} ({held.count})" if held.count > 1 else name


def _facts(held: Held, text: OutboxText) -> Iterator[str]:
    if held.kind not in ("", _CHAIN):  # nobody knows: the disk has damaged it
        yield text.first.format(kind=text.kinds.get(held.kind, held.kind))
    if held.age_s is not None:
        yield text.since.format(age=_age(held.age_s, text))
    yield text.attempts.format(count=held.attempts)


def _number(held: Held) -> str:
    """What the server's people ask for: the words after it are said already, unless nobody knows them."""
    if held.answer.startswith("HTTP "):
        return held.answer.partition(":")[0]
    return held.answer if held.obstacle is Obstacle.OTHER else ""


def _age(seconds: float, text: OutboxText) -> str:
    if seconds >= 2 * _DAY_S:
        return text.days.format(count=round(seconds / _DAY_S))
    if seconds >= 2 * _HOUR_S:
        return text.hours.format(count=round(seconds / _HOUR_S))
    return text.minutes.format(count=round(max(0.0, seconds) / _MINUTE_S))
