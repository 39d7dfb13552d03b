"""The demo's processes: each is the real command line, in a process of its own, with its log in a file."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class DemoError(Exception):
    """The demo cannot go on; the message says which part failed."""


class Process:
    """A child process that writes its log to `log`; with `announces`, its first line on stdout is JSON."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        directory: Path,
        env: Mapping[str, str] | None = None,
        announces: bool = False,
        to_terminal: bool = False,
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        with self.log.open("ab") as log:
            out = subprocess.PIPE if announces else None if to_terminal else log
            self._child = subprocess.Popen(
                command, stdout=out, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
            )
        self.announced: dict[str, Any] = self._announcement() if announces else {}

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def wait(self) -> None:
        self._child.wait()

    def kill(self) -> None:
        """SIGKILL: what a power cut looks like to a process."""
        self._child.kill()
        self._child.wait()

    def stop(self, timeout_s: float = 10.0) -> None:
        if self.running:
            self._child.terminate()
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def _announcement(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise DemoError(f"{self.name} did not start; its log: {self.log}")
        announced: dict[str, Any] = json.loads(line)
        return announced


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


class Control:
    """Commands to a simulator: one JSON object a line, over a UNIX socket or a TCP port."""

    def __init__(self, address: Path | tuple[str, int]) -> None:
        if isinstance(address, Path):
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(str(address))
        else:
            self._socket = socket.create_connection(address)
        self._lines = self._socket.makefile("r")

    def do(self, what: str, **arguments: object) -> dict[str, Any]:
        self._socket.sendall(json.dumps({"do": what, **arguments}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._lines.readline())
        if answer.get("error"):
            raise DemoError(f"{what}: {answer['error']}")
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
