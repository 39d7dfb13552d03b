"""A child of the bench that says what it sees."""

import json
import os
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench.report import ROOT
from tests.demo.processes import DemoError

Said = dict[str, Any]
_PATIENCE_S = 10.0


class Talking:
    """A child that prints JSON lines; a thread collects them."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as errors:
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT,
                env={**os.environ, **env},
            )  # fmt: skip
        self.lines: list[Said] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self.lines.append(json.loads(line))

    def of(self, what: str) -> list[Said]:
        return [line for line in tuple(self.lines) if line["what"] == what]

    def wait_for(self, what: str, timeout_s: float = 60.0) -> Said:
        """The last line of this kind; raises DemoError when none comes in time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if found := self.of(what):
                return found[-1]
            if self._child.poll() is not None:
                break
            time.sleep(0.05)
        raise DemoError(f"no {what!r}; the log: {self.log}")

    def check_alive(self) -> None:
        """Raises DemoError when the child or what it says has ended: its figures are worth nothing then."""
        if self._child.poll() is not None or not self._reader.is_alive():
            raise DemoError(f"it died while it was measured; the end of its log: {self._log_end()}")

    def _log_end(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def tell(self, text: str) -> None:
        """One line for its standard input."""
        assert self._child.stdin is not None
        self._child.stdin.write(text + "\n")
        self._child.stdin.flush()

    def hang_up(self) -> None:
        """End its standard input, and give it a moment to end by itself."""
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):
            self._child.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(_PATIENCE_S)
        self.stop()

    def stop(self) -> None:
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):
            self._child.stdin.close()
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join()
        assert self._child.stdout is not None
        self._child.stdout.close()
