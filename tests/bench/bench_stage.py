"""The demo's stage with probes: stamped instruments, pictures that carry the time, a kiosk that talks."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Self

from tests.demo.processes import Control, DemoError, python
from tests.demo.stage import Stage

Said = dict[str, Any]


class Talking:
    """A child that prints JSON lines; a thread collects them."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as errors:
            self._child = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **env}
            )
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

    def stop(self) -> None:
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join()
        assert self._child.stdout is not None
        self._child.stdout.close()


class BenchStage(Stage):
    """`display` names the X server for the kiosk and for the bare window beside it."""

    def __init__(self, directory: Path, display: str, barcode: bool) -> None:
        super().__init__(directory)
        self._display = display
        self._barcode = barcode
        self.stamps = directory / "stamps.jsonl"

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def _simulator(self, name: str) -> Control:
        path = self.directory / f"{name}.sock"
        module = f"tests.fakes.{name}"
        more = ["--barcode"] if name == "media" and self._barcode else []
        if name == "instruments":
            module, more = "tests.bench.stamped_instruments", ["--stamps", str(self.stamps)]
        self._start(name, module, "--control", str(path), *more)
        control = Control(path)
        self._stack.callback(control.close)
        return control

    def probed_kiosk(self) -> Talking:
        return self._talking("kiosk", "tests.bench.probed_kiosk", str(self.config))

    def bare_window(self) -> Talking:
        return self._talking("bare", "tests.bench.bare_window", "--gaps")

    def _talking(self, name: str, module: str, *arguments: str) -> Talking:
        env = {**self._env, "QT_QPA_PLATFORM": "xcb", "DISPLAY": self._display}
        child = Talking(python(module, *arguments), self.directory / f"{name}.log", env)
        self._stack.callback(child.stop)
        return child

    def stamped(self) -> list[Said]:
        return [json.loads(line) for line in self.stamps.read_text(encoding="utf-8").splitlines()]
