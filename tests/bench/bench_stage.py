"""The demo's stage with probes: stamped instruments, pictures that carry the time, a kiosk that talks."""

import json
from pathlib import Path
from typing import Self

from tests.bench.talking import Said, Talking
from tests.demo.processes import Control, python
from tests.demo.stage import Stage


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
