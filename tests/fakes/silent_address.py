"""A FHIR exchange with a server of two addresses, one of them silent as behind a black hole.

Run as `unshare -rnm python -m tests.fakes.silent_address DIRECTORY TIMEOUT_S ORDER HANDSHAKE_AFTER_S`, with
ORDER `silent-first` or `silent-last`: prints the status that the exchange ends with, or why there is none.
"""

import http.server
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from kiosk.fhir.errors import FhirError
from kiosk.fhir.exchange import Limits, exchange
from kiosk.rendezvous.tls import self_signed, server_context

_NAME, _PORT = "two.example.org", 8443
_ADDRESSES = ("127.0.0.2", "127.0.0.3")


class _Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _give_both_addresses(directory: Path) -> None:
    hosts = directory / "hosts"
    hosts.write_text("".join(f"{address} {_NAME}\n" for address in _ADDRESSES))
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def _first_address() -> str:
    return str(socket.getaddrinfo(_NAME, None, 0, socket.SOCK_STREAM)[0][4][0])


def _be_silent(address: str) -> list[socket.socket]:
    """The queue of who wants in is full, and nobody takes them: whoever comes next hears nothing."""
    listening = socket.create_server((address, _PORT), backlog=0)
    waiting = socket.create_connection((address, _PORT))
    return [listening, waiting]


def _answer_at(address: str, directory: Path, handshake_after_s: float) -> Path:
    """The authority to trust."""
    cert_file, key_file = self_signed(directory, [_NAME])
    context = server_context(cert_file, key_file)
    server = http.server.HTTPServer((address, _PORT), _Answering)

    def serve() -> None:
        while True:
            connection, peer = server.socket.accept()
            time.sleep(handshake_after_s)
            server.RequestHandlerClass(context.wrap_socket(connection, server_side=True), peer, server)

    threading.Thread(target=serve, daemon=True).start()
    return cert_file


def main() -> None:
    directory, timeout_s, order, handshake_after_s = sys.argv[1:]
    _give_both_addresses(Path(directory))
    first = _first_address()
    (other,) = set(_ADDRESSES) - {first}
    silent, answering = (first, other) if order == "silent-first" else (other, first)
    held = _be_silent(silent)
    ca_file = _answer_at(answering, Path(directory), float(handshake_after_s))
    limits = Limits(float(timeout_s), 1000, ca_file)
    try:
        print(exchange("GET", f"https://{_NAME}:{_PORT}/metadata", {}, None, limits).status)
    except FhirError as error:
        print(error.reason.value)
    for each in held:
        each.close()


if __name__ == "__main__":
    main()
