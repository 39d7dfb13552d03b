"""Debian's coturn on free ports of this machine: UDP, TCP and TLS, with time-limited credentials."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.rendezvous.tls import self_signed
from tests.fakes.polling import until

SECRET = "the-secret-that-coturn-and-rendezvous-share"
HOST = "127.0.0.1"
_START_S = 15.0


@dataclass(frozen=True, slots=True)
class TurnServerUnderTest:
    """`ca_file` is trusted for `tls`. `log_file` is what coturn says."""

    port: int
    tls_port: int
    ca_file: Path
    log_file: Path
    process: asyncio.subprocess.Process

    @property
    def udp(self) -> str:
        return f"turn:{HOST}:{self.port}?transport=udp"

    @property
    def tcp(self) -> str:
        return f"turn:{HOST}:{self.port}?transport=tcp"

    @property
    def tls(self) -> str:
        return f"turns:{HOST}:{self.tls_port}?transport=tcp"

    @property
    def stun(self) -> str:
        return f"stun:{HOST}:{self.port}"


def executable() -> str:
    """Where the server is. Raises RuntimeError with one sentence when there is none."""
    path = shutil.which("turnserver") or shutil.which("turnserver", path="/usr/sbin:/usr/local/bin")
    if path is None:
        raise RuntimeError("no TURN server on this machine: install the Debian package coturn")
    return path


@asynccontextmanager
async def turn_server(directory: Path, port: int = 0) -> AsyncIterator[TurnServerUnderTest]:
    """One server, on `port` for UDP and TCP (0: a free one); ended afterwards."""
    home = directory / "turn"
    cert_file, key_file = self_signed(home, ("localhost", HOST))
    port, tls_port = port or free_port(), free_port()
    log_file = home / "turn.log"
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            executable(),
            *_arguments(home, port, tls_port, cert_file, key_file),
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            cwd=home,
        )
    try:
        await until(lambda: process.returncode is not None or _listens(tls_port), _START_S)
        assert process.returncode is None, log_file.read_text()
        yield TurnServerUnderTest(port, tls_port, cert_file, log_file, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _arguments(home: Path, port: int, tls_port: int, cert_file: Path, key_file: Path) -> list[str]:
    return [
        "-n",
        f"--listening-ip={HOST}",
        f"--relay-ip={HOST}",
        f"--listening-port={port}",
        f"--tls-listening-port={tls_port}",
        "--use-auth-secret",
        f"--static-auth-secret={SECRET}",
        "--realm=telecabine.example.org",
        f"--cert={cert_file}",
        f"--pkey={key_file}",
        "--allow-loopback-peers",  # refused without a cli-password, even when there is no command line
        "--cli-password=unused",
        "--no-cli",
        "--no-dtls",
        "--no-multicast-peers",
        f"--userdb={home / 'turndb'}",
        f"--pidfile={home / 'turnserver.pid'}",
        "--log-file=stdout",
        "--simple-log",
        "--verbose",  # so that a test can see what was given back
    ]


def free_port() -> int:
    """A port that is free for TCP and UDP alike."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind((HOST, 0))
            port = int(tcp.getsockname()[1])
            try:
                udp.bind((HOST, port))
            except OSError:
                continue
            return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
