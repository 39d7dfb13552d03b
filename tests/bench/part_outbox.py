"""Durable enqueue: our encrypted outbox against plain sqlite3 with the same synchronous mode."""

from pathlib import Path
from typing import Any

from tests.bench import bench_backlog, bench_outbox
from tests.bench.quiet import PATIENCE_S, wait_for_quiet
from tests.bench.report import ROOT, table

_RATIOS = (
    ("alone_to_plain", "our put without the witness / plain sqlite3", bench_outbox.AIM),
    ("store_to_plain", "our put on its thread / plain sqlite3", bench_outbox.AIM_WITH_WITNESS),
    ("outbox_to_plain_hop", "awaited put / plain sqlite3 behind an executor", bench_outbox.AIM_WITH_WITNESS),
    ("outbox_to_plain", "awaited put / plain sqlite3 that blocks the loop", bench_outbox.AIM_WITH_WITNESS),
)
_BACKLOG = (
    ("claim", "claim and release"),
    ("open", "open"),
)


def run(
    directory: Path = ROOT, rounds: int = bench_outbox.ROUNDS, patience_s: float = PATIENCE_S
) -> dict[str, Any]:
    """On the disk of `directory`: by default the checkout's, for /tmp may be memory."""
    idle = wait_for_quiet(patience_s)
    backlog = bench_backlog.run(directory, large=max(100, rounds * 2500))
    return {"idle_before": idle, **bench_outbox.run(directory, rounds), **backlog}


def show(result: dict[str, Any]) -> str:
    times = [
        (way, f"{result[f'{way}_median_ms']:.3f}", f"{result[f'{way}_p99_ms']:.3f}")
        for way in bench_outbox.WAYS
    ]
    ratios = [(text, f"{result[key]:.2f}", f"<= {aim}") for key, text, aim in _RATIOS]
    few, many = result["few_waiting"], result["many_waiting"]
    backlog = [
        (
            text,
            f"{result[f'{key}_few_ms']:.3f}",
            f"{result[f'{key}_many_ms']:.3f}",
            f"{result[f'{key}_ratio']:.2f}",
        )
        for key, text in _BACKLOG
    ]
    return "\n".join((
        table("Durable enqueue of 1 KB (ms)", ("", "median", "p99"), times),
        table("Ratios of the medians", ("", "ratio", "aim"), ratios),
        table("With much waiting (ms, medians)", ("", f"{few:,} wait", f"{many:,} wait", "ratio"), backlog),
    ))  # fmt: skip
