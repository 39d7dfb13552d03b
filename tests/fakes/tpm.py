"""A software TPM 2.0 (swtpm) on ports of this machine; systemd-creds, unmodified, takes it for a chip."""

import random
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from offline_queue.tpm import Chip
from tests.fakes.tpm_manager import HOST, ResourceManager, answer, command

_START_S = 15.0
_LISTENS = "0A"
_PCR_EXTEND, _PASSWORD_SESSION, _SHA256 = 0x182, 0x40000009, 0x000B


@dataclass(frozen=True, slots=True)
class SoftwareTpm:
    """`device`: as `kiosk.tpm2_device` takes it."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def device(self) -> str:
        return f"swtpm:host={HOST},port={self.port}"

    @property
    def chip(self) -> Chip:
        return Chip(self.device)

    def switch_off(self) -> None:
        self.process.kill()
        self.process.wait()

    def measure(self, pcr: int) -> None:
        """Something new was started: TPM2_PCR_Extend (TPM 2.0 part 3, 22.2) of the SHA-256 bank."""
        body = struct.pack(">IIIHBHIH", pcr, 9, _PASSWORD_SESSION, 0, 0, 0, 1, _SHA256) + bytes(range(32))
        with socket.create_connection((HOST, self.port)) as line:
            answer(line, command(_PCR_EXTEND, body, sessions=True))


@contextmanager
def software_tpm(state: Path, port: int = 0) -> Iterator[SoftwareTpm]:
    """What makes it this chip and no other lies in `state`. `port` 0: a free one."""
    if shutil.which("swtpm") is None:
        raise RuntimeError("no software TPM on this machine: install the Debian package swtpm")
    state.mkdir(parents=True, exist_ok=True)
    port = port or _three_free_ports()
    call = [
        "swtpm", "socket", "--tpm2", f"--tpmstate=dir={state}",
        f"--server=type=tcp,port={port + 2},bindaddr={HOST}",
        f"--ctrl=type=tcp,port={port + 1},bindaddr={HOST}",
        "--flags=not-need-init,startup-clear",
    ]  # fmt: skip
    with (state / "swtpm.log").open("wb") as log:
        process = subprocess.Popen(call, stdout=log, stderr=log)
    try:
        _wait_for({port + 1, port + 2}, process, state / "swtpm.log")
        manager = ResourceManager(port, port + 2)
        try:
            yield SoftwareTpm(port, process)
        finally:
            manager.close()
    finally:
        process.kill()
        process.wait()


def _three_free_ports() -> int:
    """The first of three neighbours: who speaks to swtpm wants its control channel on the second."""
    while True:
        port = random.randrange(20_000, 32_000, 4)
        try:
            for neighbour in range(port, port + 3):
                with socket.socket() as probe:
                    probe.bind((HOST, neighbour))
        except OSError:
            continue
        return port


def _wait_for(ports: set[int], process: subprocess.Popen[bytes], log: Path) -> None:
    """Looked up, not tried: swtpm may take a caller who says nothing for its only one."""
    deadline = time.monotonic() + _START_S
    while not ports <= _listening():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "swtpm does not listen"
        time.sleep(0.02)


def _listening() -> set[int]:
    """See proc(5): /proc/net/tcp has local address, remote address and state, in hexadecimal."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(line[1].split(":")[1], 16) for line in lines if line[3] == _LISTENS}
