"""An hour on a line that changes every half minute: does anything grow, do lips and voice stay together?"""

import os
from collections.abc import Sequence
from typing import TypeVar

from kiosk.call.outgoing import VOICE_LATE_S
from tests.bench.call_measures import Figures
from tests.bench.call_stage import Talk, now_ms
from tests.bench.report import quantile

MINUTES = float(os.environ.get("TELECABINE_BENCH_MINUTES", "60"))
_STEP_S = 30.0
_Span = tuple[float, float]  # from, to
T = TypeVar("T")
_GOOD = {"loss": 0.0, "delay_ms": 25.0, "jitter_ms": 0.0, "rate_kbps": 3000.0}
_CHANGES = (
    _GOOD,
    _GOOD | {"loss": 0.05},
    _GOOD | {"rate_kbps": 500.0},
    _GOOD | {"jitter_ms": 40.0},
    _GOOD | {"loss": 0.1, "rate_kbps": 800.0},
    _GOOD | {"delay_ms": 100.0},
)


def long(talk: Talk) -> Figures:
    """Growth: what is usual (the median) in the second quarter against the last one, of delays on the good
    line alone. From one half minute to the next delays differ by 50 ms anyway, and memory by 20 MB.
    """
    rss_mb: list[float] = []
    marks: list[_Span] = []
    for number in range(max(2 * len(_CHANGES), round(MINUTES * 60 / _STEP_S))):
        change = _CHANGES[number % len(_CHANGES)]
        talk.line.set(None, **change)
        began_ms = now_ms()
        rss_mb += _rss_mb(talk, _STEP_S)
        if change is _GOOD:
            marks.append((began_ms + _STEP_S * 500, now_ms()))
    early, late = _quarters(rss_mb)
    return {
        "rss_mb": round(quantile(late, 0.5), 1),
        "rss_most_mb": round(max(rss_mb), 1),
        "rss_growth_mb": round(quantile(late, 0.5) - quantile(early, 0.5), 1),
        **_growth(talk, *_quarters(marks)),
        **_skews(talk),
        "rebuilt": talk.connections() - 1,
    }


def _rss_mb(talk: Talk, seconds: float) -> list[float]:
    """One look a second: what the process holds falls once a minute, and rises again between."""
    found: list[float] = []
    for _ in range(round(seconds)):
        talk.wait(1.0)
        found.append(talk.process.memory_info().rss / 2**20)
    return found


def _quarters(values: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The second, when caches and pools are full, and the last."""
    quarter = max(1, len(values) // 4)
    return values[quarter : 2 * quarter], values[-quarter:]


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
