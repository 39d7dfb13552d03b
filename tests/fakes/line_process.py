"""The line in a process of its own, for benches whose own processor time must not count it. Blocking."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.fakes.line_relay import PAGE_SCRIPT, Direction, Party

_ROOT = Path(__file__).parents[2]


class LineProcess:
    """The methods of `LineRelay`, over its control socket. Raises RuntimeError with what the line said."""

    def __init__(self, control: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(control))
        self._stream = self._socket.makefile("rwb")

    def _ask(self, name: str, **arguments: object) -> Any:
        self._stream.write(json.dumps({"do": name, **arguments}).encode() + b"\n")
        self._stream.flush()
        answer = json.loads(self._stream.readline())
        if not answer["ok"]:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def udp(self, host: str, port: int, dialled_by: Party = "physician") -> int:
        return int(self._ask("udp", host=host, port=port, dialled_by=dialled_by))

    def tcp(self, host: str, port: int, dialled_by: Party = "physician") -> int:
        return int(self._ask("tcp", host=host, port=port, dialled_by=dialled_by))

    def set(self, direction: Direction | None = None, **changes: float) -> None:
        self._ask("set", direction=direction, **changes)

    def cut(self, on: bool) -> None:
        self._ask("cut", on=on)

    def rebind(self) -> None:
        self._ask("rebind")

    def counters(self) -> dict[str, dict[str, int]]:
        counted: dict[str, dict[str, int]] = self._ask("counters")
        return counted

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


@contextmanager
def line_process(control: Path) -> Iterator[LineProcess]:
    """A fresh line; `control` is a path for its socket that does not exist yet."""
    command = [sys.executable, "-m", "tests.fakes.line_relay", "--control", str(control)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            line = LineProcess(control)
            yield line
            line.close()
        finally:
            process.terminate()
            process.wait()


def through(page: Page | BrowserContext, line: LineProcess) -> None:
    """`tests.fakes.line_relay.through` for playwright's synchronous API."""
    page.expose_function("lineRelayPort", line.udp)
    page.add_init_script(PAGE_SCRIPT.read_text(encoding="utf-8"))
