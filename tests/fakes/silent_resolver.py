"""A resolver that never answers, and a FHIR exchange that needs it, in a network of their own.

Run as `unshare -rnm python -m tests.fakes.silent_resolver TIMEOUT_S`: says how each exchange ended, and
whether the resolver was asked. The system's own look-up would go on for minutes.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile

from kiosk.fhir.errors import FhirError
from kiosk.fhir.exchange import Limits, exchange

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n"


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _use_resolver() -> socket.socket:
    """Gets every question, and says nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
        file.write(_RESOLV_CONF)
    subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    resolver.bind(("127.0.0.1", 53))
    resolver.setblocking(False)
    return resolver


def _was_asked(resolver: socket.socket) -> bool:
    try:
        return bool(resolver.recv(512))
    except BlockingIOError:
        return False


def main() -> None:
    _raise_loopback()
    resolver = _use_resolver()
    limits = Limits(float(sys.argv[1]), 1000)
    for _ in range(3):
        try:
            exchange("GET", "https://fhir.example.org/metadata", {}, None, limits)
        except FhirError as error:
            print(error.reason.value, flush=True)
    print("asked" if _was_asked(resolver) else "not asked", flush=True)


if __name__ == "__main__":
    main()
