"""What waits to be delivered, in words: the same lines each time."""

from kiosk.outbox_figures import OutboxFigures
from ui.text.table import OutboxText, Texts

_ISOLATED = "\u2066{}\u2069"  # the server's words keep their order among Arabic ones
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def lines(figures: OutboxFigures, texts: Texts) -> list[tuple[str, str]]:
    """Names and values."""
    text, counts = texts.outbox, figures.counts
    obstacle = figures.paused or figures.last_answer
    return [
        (text.line, text.paused if figures.paused else text.online if figures.online else text.offline),
        (text.waiting, str(counts.waiting + counts.parked)),
        (text.refused, str(counts.quarantined)),
        (text.delivered, str(counts.delivered)),
        (text.oldest, text.nothing if figures.oldest_s is None else _age(figures.oldest_s, text)),
        (text.last_answer, _ISOLATED.format(obstacle) if obstacle else text.nothing),
    ]


def _age(seconds: float, text: OutboxText) -> str:
    if seconds >= 2 * _DAY_S:
        return text.days.format(count=round(seconds / _DAY_S))
    if seconds >= 2 * _HOUR_S:
        return text.hours.format(count=round(seconds / _HOUR_S))
    return text.minutes.format(count=round(max(0.0, seconds) / _MINUTE_S))
