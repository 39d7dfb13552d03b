"""The call engine on good and bad lines: this kiosk with Chromium, and Chromium with Chromium, in turns.

Both play the same pictures (made once, kept in memory or in a raw file: nothing is decoded), the same voice
and readings at 2 Hz (two oximeters) through the same simulated line, a process of its own. The kiosk's side
is the product's Call with its true rendezvous and page; screens, cameras and record are left out (part
`kiosk_call` has them).
The competitor is a page on both ends, with Chromium's own order of codecs unless said otherwise, no
rebuilding of its connection, the same sizes and rates. What reached the physician is counted by the same
code in both.
"""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Playwright, sync_playwright

from tests.bench.call_cases import CASES, Case, Want
from tests.bench.call_measures import NEVER_S, Figures
from tests.bench.call_stage import talk
from tests.bench.quiet import wait_for_quiet
from tests.bench.report import median, ratio, table

ROUNDS = 3
USUAL = tuple(name for name in CASES if name != "long")  # an hour of its own: ask for it
Samples = dict[str, dict[str, list[float]]]


def run(cases: Sequence[str] = USUAL, rounds: int = ROUNDS, patience_s: float = 60.0) -> dict[str, Any]:
    """Raises KeyError for a case that does not exist."""
    with sync_playwright() as playwright:
        chosen = {name: CASES[name] for name in cases}
        found = {name: _play(playwright, name, case, rounds, patience_s) for name, case in chosen.items()}
    return {"rounds": rounds, "cases": found}


def _play(playwright: Playwright, name: str, case: Case, rounds: int, patience_s: float) -> dict[str, Any]:
    samples: Samples = {side: {} for side in case.sides}
    idle: list[float] = []
    for number in range(rounds):
        for side in case.sides:
            idle.append(wait_for_quiet(patience_s))
            figures = _once(playwright, case, side)
            print(f"{name} {number + 1}/{rounds} {side}: {figures}", flush=True)
            for figure, value in figures.items():
                samples[side].setdefault(figure, []).append(value)
    return judged(case, samples) | {"idle_before_each": idle}


def _once(playwright: Playwright, case: Case, side: str) -> Figures:
    with talk(side, playwright, case.setting) as running:
        return case.play(running)


def judged(case: Case, samples: Samples) -> dict[str, Any]:
    medians = {
        side: {name: median(values) for name, values in each.items()} for side, each in samples.items()
    }
    return {
        "title": case.title,
        "medians": medians,
        "wanted": [_verdict(want, medians) for want in case.wants],
        "samples": samples,
    }


def _verdict(want: Want, medians: dict[str, dict[str, float]]) -> dict[str, Any]:
    ours = medians["kiosk"].get(want.figure, NEVER_S)
    theirs = medians.get("chromium", {}).get(want.figure)
    value = _compared(ours, theirs, want) if want.ratio and theirs is not None else ours
    met = value >= want.limit if want.at_least else value <= want.limit
    return {
        "figure": want.figure, "kiosk": ours, "chromium": theirs, "value": value,
        "wanted": f"{'>=' if want.at_least else '<='} {want.limit:g}{' x' if want.ratio else ''}", "met": met,
    }  # fmt: skip


def _compared(ours: float, theirs: float, want: Want) -> float:
    """Against nothing at all, anything is without measure."""
    if theirs:
        return ratio(ours, theirs)
    return NEVER_S if ours else float(want.at_least)


def show(result: dict[str, Any]) -> str:
    return "\n".join(
        table(f"{name}: {case['title']}", ("", "kiosk", "Chromium", "value", "wanted", "met"), _rows(case))
        for name, case in result["cases"].items()
    )


def _rows(case: dict[str, Any]) -> list[tuple[str, ...]]:
    asked: list[tuple[str, ...]] = [
        (verdict["figure"], _text(verdict["kiosk"]), _text(verdict["chromium"]), _text(verdict["value"]),
         verdict["wanted"], "yes" if verdict["met"] else "NO")
        for verdict in case["wanted"]
    ]  # fmt: skip
    told = {verdict["figure"] for verdict in case["wanted"]}
    theirs = case["medians"].get("chromium", {})
    others = [
        (figure, _text(value), _text(theirs.get(figure)), "", "", "")
        for figure, value in case["medians"]["kiosk"].items()
        if figure not in told
    ]
    return asked + others


def _text(value: float | None) -> str:
    """999 stands for never."""
    if value is None:
        return "-"
    return "never" if value in (999.0, 999_000.0) else f"{value:g}"
