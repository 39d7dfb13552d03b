"""Corpus, counts and findings of the targets, kept in a folder so that a campaign can go on later.

`corpus/TARGET/`: inputs that reach something new. `findings/TARGET-...`: inputs that broke an invariant, as
they are fed. `logs/TARGET.log`: what libFuzzer said. `counts/TARGET.json`: inputs so far, and of which code.
"""

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.torture import inputs
from tests.torture.code import ROOT, digest
from tests.torture.targets import Target

FOLDER = ROOT / ".torture"
_SLICE_INPUTS = 100_000  # an interrupted campaign loses no more than this of its count
# A decoder's states are met by short inputs, which cost less; each fourth slice has long ones.
_SHORT_BYTES, _LONG_EVERY = 128, 4
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
        for name in ("corpus", "counts", "findings", "logs"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def run(self, target: Target, wanted: int) -> Outcome:
        """Until it has had so many inputs in all, or one breaks an invariant."""
        self._sow(target)
        began_s, done, missing = time.monotonic(), 0, wanted - self._inputs(target)
        while done < missing:
            size = min(_SLICE_INPUTS, missing - done)
            long = done // _SLICE_INPUTS % _LONG_EVERY == 0
            failed = self._slice(target, size, inputs.LONGEST if long else _SHORT_BYTES)
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

    def _slice(self, target: Target, size: int, longest: int) -> bool:
        options = {
            "runs": size, "max_len": longest, "timeout": _LIMIT_S, "rss_limit_mb": _MEMORY_MB,
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
        counted = {"inputs": self._inputs(target) + size, "code": digest(*target.modules)}
        self._counts(target).write_text(json.dumps(counted))

    def _inputs(self, target: Target) -> int:
        """So far; what was fed to other code does not count."""
        file = self._counts(target)
        kept = json.loads(file.read_text()) if file.exists() else {}
        return int(kept["inputs"]) if kept.get("code") == digest(*target.modules) else 0

    def _counts(self, target: Target) -> Path:
        return self._folder / "counts" / f"{target.name}.json"

    def _outcome(self, target: Target, done: int, began_s: float, failed: bool = False) -> Outcome:
        log = self._log(target).read_text(encoding="utf-8", errors="replace")
        edges = max(map(int, _COVERAGE.findall(log)), default=0)
        lasted_s, in_all = time.monotonic() - began_s, self._inputs(target)
        if not failed:
            return Outcome(target.name, done, in_all, edges, lasted_s)
        breaches = _BREACH.findall(log) or [f"see {self._log(target)}"]
        found = sorted((self._folder / "findings").glob(f"{target.name}-*"), key=lambda p: p.stat().st_mtime)
        return Outcome(target.name, done, in_all, edges, lasted_s, breaches[0], found[-1] if found else None)
