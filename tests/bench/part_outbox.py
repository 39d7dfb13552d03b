"""Durable enqueue: our encrypted outbox against plain sqlite3 with the same synchronous mode."""

from pathlib import Path
from typing import Any

from tests.bench import bench_outbox
from tests.bench.quiet import PATIENCE_S, wait_for_quiet
from tests.bench.report import ROOT, table

AIM = bench_outbox.AIM
_RATIOS = (
    ("store_to_plain", "our put on its thread / plain sqlite3"),
    ("outbox_to_plain_hop", "awaited put / plain sqlite3 behind an executor"),
    ("outbox_to_plain", "awaited put / plain sqlite3 that blocks the loop"),
)
_WAYS = ("plain", "store", "plain_hop", "outbox")


def run(
    directory: Path = ROOT, rounds: int = bench_outbox.ROUNDS, patience_s: float = PATIENCE_S
) -> dict[str, Any]:
    """On the disk of `directory`: by default the checkout's, for /tmp may be memory."""
    return {"idle_before": wait_for_quiet(patience_s), **bench_outbox.run(directory, rounds)}


def show(result: dict[str, Any]) -> str:
    times = [(way, f"{result[f'{way}_median_ms']:.3f}", f"{result[f'{way}_p99_ms']:.3f}") for way in _WAYS]
    ratios = [(text, f"{result[key]:.2f}") for key, text in _RATIOS]
    return "\n".join((
        table("Durable enqueue of 1 KB (ms)", ("", "median", "p99"), times),
        table(f"Ratios of the medians (aim <= {AIM})", ("", "ratio"), ratios),
    ))  # fmt: skip
