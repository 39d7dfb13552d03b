"""An hour on a line that changes every half minute: does anything grow, do lips and voice stay together?"""

import os
from collections.abc import Sequence

from kiosk.call.outgoing import VOICE_LATE_S
from tests.bench.call_measures import Figures
from tests.bench.call_stage import Talk, now_ms
from tests.bench.report import quantile

MINUTES = float(os.environ.get("TELECABINE_BENCH_MINUTES", "60"))
_STEP_S = 30.0
_Span = tuple[float, float]  # from, to
_GOOD = {"loss": 0.0, "delay_ms": 25.0, "jitter_ms": 0.0, "rate_kbps": 3000.0}
_CHANGES = (
    _GOOD,
    _GOOD | {"loss": 0.05},
    _GOOD | {"rate_kbps": 500.0},
    _GOOD | {"jitter_ms": 40.0},
    _GOOD | {"loss": 0.1, "rate_kbps": 800.0},
    _GOOD | {"delay_ms": 100.0},
)
_GROWTH_BEGINS = 0.25  # of the time: caches and pools are full by then


def long(talk: Talk) -> Figures:
    """All growth is judged on the good line, after the first quarter. Memory: from then to the end. Delays:
    what is usual in the second quarter against the last one; from one half minute to the next they differ by
    50 ms anyway.
    """
    rss_mb: list[float] = []
    marks: list[_Span] = []
    for number in range(max(2 * len(_CHANGES), round(MINUTES * 60 / _STEP_S))):
        change = _CHANGES[number % len(_CHANGES)]
        talk.line.set(None, **change)
        began_ms = now_ms()
        talk.wait(_STEP_S)
        if change is _GOOD:
            rss_mb.append(talk.process.memory_info().rss / 2**20)
            marks.append((began_ms + _STEP_S * 500, now_ms()))
    first, quarter = int(len(rss_mb) * _GROWTH_BEGINS), max(1, len(marks) // 4)
    return {
        "rss_mb": round(rss_mb[-1], 1),
        "rss_growth_mb": round(rss_mb[-1] - rss_mb[first], 1),
        **_growth(talk, marks[first : first + quarter], marks[-quarter:]),
        **_skews(talk),
        "rebuilt": talk.connections() - 1,
    }


def _growth(talk: Talk, early: Sequence[_Span], late: Sequence[_Span]) -> Figures:
    """Of what the physician's page holds back, and of the readings' age."""
    delays = talk.noted_since("delays", early[0][0])
    readings = talk.noted_since("readings", early[0][0])
    figures: Figures = {}
    for name, entries, column in (("picture", delays, 1), ("voice", delays, 2), ("reading", readings, 1)):
        before, after = (_within(entries, column, spans) for spans in (early, late))
        figures[f"{name}_delay_growth_ms"] = round(after - before, 1)
    return figures


def _within(entries: Sequence[Sequence[float]], column: int, spans: Sequence[_Span]) -> float:
    """The median."""
    values = [entry[column] for entry in entries if any(begin <= entry[0] < end for begin, end in spans)]
    return quantile(values, 0.5) if values else 0.0


def _skews(talk: Talk) -> Figures:
    """Sound against picture at the physician's (by the kiosk's reports, set right) and at the kiosk."""
    figures: Figures = {}
    page = [abs(entry[1] - VOICE_LATE_S * 1000) for entry in talk.noted_since("skews", 0.0)]
    told = talk.engine.of("voice") if talk.engine is not None else []
    kiosk = [abs(line["skew_ms"]) for line in told if line["skew_ms"] is not None]
    for name, values in (("lips_ms_p95", page), ("inward_lips_ms_p95", kiosk)):
        if values:
            figures[name] = round(quantile(values, 0.95), 1)
    return figures
