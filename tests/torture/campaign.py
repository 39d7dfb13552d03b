"""Corpus, counts and findings of the targets, kept in a folder so that a campaign can go on later.

`corpus/TARGET/`: inputs that reach something new. `findings/TARGET-...`: inputs that broke an invariant, as
they are fed. `logs/TARGET.log`: what libFuzzer said. `counts.json`: inputs so far, and of which code.
"""

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.torture import inputs
from tests.torture.code import ROOT, digest
from tests.torture.targets import Target

FOLDER = ROOT / ".torture"
_SLICE_INPUTS = 50_000  # an interrupted campaign loses no more than this of its count
_LIMIT_S = 3600  # the last net: by the clock on the wall, which a busy machine can make long
_MEMORY_MB = 1024
_COVERAGE = re.compile(r" cov: (\d+) ")
_BREACH = re.compile(r"^[\w.]*(?:Error|Exception|TooMuchWork|Endless): .*$|^ALARM:.*$", re.M)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`edges`: branches of the code that the corpus reaches. `breach`: what was broken, or nothing."""

    target: str
    inputs: int
    inputs_in_all: int
    edges: int
    duration_s: float
    breach: str = ""
    reproducer: Path | None = None


class Campaign:
    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        for name in ("corpus", "findings", "logs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._counts_file = folder / "counts.json"
        self._counts = _counts(self._counts_file)

    def run(self, target: Target, budget: int) -> Outcome:
        """So many inputs more, or until one breaks an invariant."""
        self._sow(target)
        began_s, done = time.monotonic(), 0
        while done < budget:
            size = min(_SLICE_INPUTS, budget - done)
            failed = self._slice(target, size)
            done += size
            if failed:
                return self._outcome(target, done, began_s, failed)
            self._count(target, size)
        return self._outcome(target, done, began_s)

    def _sow(self, target: Target) -> None:
        corpus = self._folder / "corpus" / target.name
        corpus.mkdir(exist_ok=True)
        for seed in target.seeds:
            (corpus / sha256(seed).hexdigest()[:40]).write_bytes(seed)

    def _slice(self, target: Target, size: int) -> bool:
        options = {
            "runs": size, "max_len": inputs.LONGEST, "timeout": _LIMIT_S, "rss_limit_mb": _MEMORY_MB,
            "artifact_prefix": self._folder / "findings" / f"{target.name}-", "print_final_stats": 1,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.torture.fuzz", target.name]
        command += [f"-{name}={value}" for name, value in options.items()]
        with self._log(target).open("wb") as log:
            corpus = self._folder / "corpus" / target.name
            ended = subprocess.run([*command, corpus], stdout=log, stderr=log, cwd=ROOT, check=False)
        return ended.returncode != 0

    def _log(self, target: Target) -> Path:
        return self._folder / "logs" / f"{target.name}.log"

    def _count(self, target: Target, size: int) -> None:
        self._counts[target.name] = {"inputs": self._inputs(target) + size, "code": digest(*target.modules)}
        self._counts_file.write_text(json.dumps(self._counts, indent=1))

    def _inputs(self, target: Target) -> int:
        """So far; what was fed to other code does not count."""
        kept = self._counts.get(target.name, {})
        return int(kept["inputs"]) if kept.get("code") == digest(*target.modules) else 0

    def _outcome(self, target: Target, done: int, began_s: float, failed: bool = False) -> Outcome:
        log = self._log(target).read_text(encoding="utf-8", errors="replace")
        edges = max(map(int, _COVERAGE.findall(log)), default=0)
        lasted_s, in_all = time.monotonic() - began_s, self._inputs(target)
        if not failed:
            return Outcome(target.name, done, in_all, edges, lasted_s)
        breaches = _BREACH.findall(log) or [f"see {self._log(target)}"]
        found = sorted((self._folder / "findings").glob(f"{target.name}-*"), key=lambda p: p.stat().st_mtime)
        return Outcome(target.name, done, in_all, edges, lasted_s, breaches[0], found[-1] if found else None)


def _counts(file: Path) -> dict[str, dict[str, Any]]:
    return dict(json.loads(file.read_text())) if file.exists() else {}
