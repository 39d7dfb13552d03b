"""What every part does with its samples: quantiles, a small table, one JSON file with its origin."""

import json
import os
import platform
import shutil
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.fakes.chromium import executable

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "bench-output"
_LIBRARIES = (
    "pyside6-essentials",
    "aiortc",
    "av",
    "aiohttp",
    "bleak",
    "sqlcipher3",
    "opencv-python-headless",
)

Row = tuple[str, ...]


def quantile(values: Sequence[float], q: float) -> float:
    """The `q` (0 to 1) quantile, linear between neighbours; raises ValueError without values."""
    if not values:
        raise ValueError("no samples")
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def summary(samples_ms: Sequence[float]) -> dict[str, float]:
    """Count, median, 95th and 99th percentile and maximum, in the samples' unit."""
    return {
        "count": len(samples_ms),
        "p50": round(quantile(samples_ms, 0.5), 2),
        "p95": round(quantile(samples_ms, 0.95), 2),
        "p99": round(quantile(samples_ms, 0.99), 2),
        "max": round(max(samples_ms), 2),
    }


def median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 3)


def ratio(ours: float, theirs: float) -> float:
    return round(ours / theirs, 3)


def machine() -> dict[str, Any]:
    """What the figures were taken on. The three load averages are those of this moment."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "os": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "chromium": _chromium_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def _chromium_version() -> str:
    said = subprocess.run([executable(), "--version"], capture_output=True, text=True, check=False)
    return said.stdout.strip()


def commit() -> str:
    """The commit that is checked out, with "+" when files differ from it; empty outside a clone."""
    if not shutil.which("git"):
        return ""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def origin(part: str) -> dict[str, Any]:
    """Taken when a part begins."""
    return {
        "part": part,
        "command": f"./run bench {part}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
    }


def save(part: str, origin_: Mapping[str, Any], result: Mapping[str, Any], directory: Path = OUTPUT) -> Path:
    """Write `bench-output/<part>.json`."""
    directory.mkdir(exist_ok=True)
    path = directory / f"{part}.json"
    after = [round(load, 2) for load in os.getloadavg()]
    document = {**origin_, "load_average_after": after, **result}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def table(title: str, head: Row, rows: Sequence[Row]) -> str:
    """Plain text, first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(row: Row) -> str:
        first, *others = (
            text.ljust(w) if i == 0 else text.rjust(w)
            for i, (text, w) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join((first, *others))

    return "\n".join(("", title, line(head), "  ".join("-" * w for w in widths), *map(line, rows)))


def ms_row(name: str, samples_ms: Sequence[float]) -> Row:
    """A row for the head ("", "n", "p50", "p95", "p99", "max"), in ms."""
    s = summary(samples_ms)
    return (name, str(s["count"]), *(f"{s[key]:.1f}" for key in ("p50", "p95", "p99", "max")))


MS_HEAD: Row = ("ms", "n", "p50", "p95", "p99", "max")
