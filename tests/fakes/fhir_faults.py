"""A line to the FHIR server that breaks on demand: an HTTPS proxy with faults and a switch.

`python -m tests.fakes.fhir_faults --upstream URL --upstream-ca CA --dir D` prints {"url", "ca", "control"};
the control port takes one JSON object a line and answers {"ok": true}:
{"do": "cut"} refuses connections, {"do": "restore"} takes them again,
{"do": "fault", "what": "429", "times": 2} spoils the next requests, {"do": "clear"} forgets the rest.
"""

import argparse
import contextlib
import http.client
import json
import re
import signal
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from kiosk.rendezvous.tls import self_signed

PATIENCE_S = 60.0
LATE_S = 1.0
_PART_BYTES = 4096
BAD_CERTIFICATE = "bad_certificate"
_HANDSHAKE = "TLS"
_OUTCOME = json.dumps(
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invariant"}]}
).encode()
_REASONS = {200: "OK", 302: "Found", 401: "Unauthorized", 422: "Unprocessable Entity"}

Answer = tuple[int, list[tuple[str, str]], bytes]


class Request:
    """One request, read whole; its body no faster than `rate_bps` (0: as fast as it comes)."""

    def __init__(self, stream: Any, rate_bps: float = 0) -> None:
        self.method, self.path, _ = stream.readline(65536).decode("latin-1").split(" ", 2)
        self.headers = http.client.parse_headers(stream)
        size = int(self.headers.get("Content-Length", "0"))
        self.body: bytes = b"".join(_paced(stream, size, rate_bps))

    @property
    def creates(self) -> tuple[str, ...]:
        """The types of the resources in a transaction; nothing of anything else."""
        if self.method != "POST" or "fhir" not in self.headers.get("Content-Type", ""):
            return ()
        return tuple(entry["resource"]["resourceType"] for entry in json.loads(self.body)["entry"])


def _paced(stream: Any, size: int, rate_bps: float) -> Iterator[bytes]:
    while size > 0 and (part := stream.read(min(size, _PART_BYTES))):
        size -= len(part)
        if rate_bps:
            time.sleep(len(part) * 8 / rate_bps)
        yield part


class FaultyLine:
    """`url` is the FHIR base through this line. Faults spoil requests of `method` in the order of asking.

    `rate_bps`: each request's body comes no faster. `created`: the types in each whole transaction.
    """

    def __init__(
        self, upstream: str, upstream_ca: Path, directory: Path, port: int = 0, clients: Path | None = None
    ) -> None:
        """`clients`: who is to be trusted; everybody else is turned away in the handshake."""
        self._upstream = urlsplit(upstream)
        self._trust = ssl.create_default_context(cafile=str(upstream_ca))
        self.ca, key = self_signed(directory, ["localhost", "127.0.0.1"])
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.ca, key)
        if clients is not None:
            self._tls.verify_mode = ssl.CERT_REQUIRED
            self._tls.load_verify_locations(clients)
        self._port = port
        self._faults: deque[tuple[str, str]] = deque()
        self._listener: _Listener | None = None
        self._ending = threading.Event()
        self._late: list[threading.Thread] = []
        self.seen: list[tuple[str, str]] = []
        self.created: list[tuple[str, ...]] = []
        self.rate_bps = 0.0
        self.spoiled: Counter[str] = Counter()
        other, other_key = self_signed(directory / "other", ["localhost", "127.0.0.1"])
        self._untrusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._untrusted.load_cert_chain(other, other_key)
        self.hide_update_create = False
        self.announced: tuple[str, ...] = ()
        self.ignore_conditions = False
        self.restore()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._port}{self._upstream.path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self.cut()
        self.settle()

    def cut(self) -> None:
        """Connections are refused from now on."""
        if self._listener is not None:
            self._listener.shutdown()
            self._listener.server_close()
            self._listener = None

    def restore(self) -> None:
        """Connections are taken again, at the same address."""
        if self._listener is None:
            self._listener = _Listener(self._port, self._serve)
            self._port = self._listener.server_address[1]
            threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def fault(self, what: str, times: int = 1, method: str = "POST") -> None:
        """Spoils the next requests: a key of `FAULTS`, or `answer:` and a status with an OperationOutcome; or
        the next handshakes, of whatever method: BAD_CERTIFICATE.
        """
        if what not in (*FAULTS, BAD_CERTIFICATE) and not what.startswith("answer:"):
            raise ValueError(f"unknown fault {what}")
        self._faults.extend([(_HANDSHAKE if what == BAD_CERTIFICATE else method, what)] * times)

    def clear(self) -> None:
        self._faults.clear()

    def settle(self) -> None:
        """Returns once requests that were held back have reached the server."""
        for each in self._late:
            each.join(PATIENCE_S)

    def _serve(self, connection: socket.socket) -> None:
        # What a client that gave up does to its connection is not this line's affair.
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(PATIENCE_S)
            tls = self._untrusted if self._next_fault(_HANDSHAKE) else self._tls
            with tls.wrap_socket(connection, server_side=True) as secured:
                self._answer(secured)

    def _answer(self, secured: ssl.SSLSocket) -> None:
        with secured.makefile("rb") as stream:
            request = Request(stream, self.rate_bps)
        self.seen.append((request.method, request.path))
        if request.creates:
            self.created.append(request.creates)
        what = self._next_fault(request.method)
        if what is None:
            send(secured, self.forward(request))
        elif what.startswith("answer:"):
            send(
                secured, (int(what.partition(":")[2]), [("Content-Type", "application/fhir+json")], _OUTCOME)
            )
        else:
            FAULTS[what](self, secured, request)

    def _next_fault(self, method: str) -> str | None:
        if not self._faults or self._faults[0][0] != method:
            return None
        what = self._faults.popleft()[1]
        self.spoiled[what] += 1
        return what

    def forward(self, request: Request) -> Answer:
        """What the server answers, or what a poorer one would (see `hide_` and `ignore_`)."""
        address = (self._upstream.hostname or "", self._upstream.port)
        connection = http.client.HTTPSConnection(*address, context=self._trust, timeout=PATIENCE_S)
        ours = ("host", "connection", "content-length")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ours}
        with contextlib.closing(connection):
            connection.request(request.method, request.path, self._asked(request), headers)
            response = connection.getresponse()
            body = response.read()
        if self.announced and request.path.endswith("/metadata"):
            body = _announcing(body, self.announced)
        if self.hide_update_create and request.path.endswith("/metadata"):
            body = body.replace(b'"updateCreate":true', b'"updateCreate":false')
        kept = [(k, v) for k, v in response.getheaders() if k.lower() in ("content-type", "location", "etag")]
        return response.status, kept, body

    def _asked(self, request: Request) -> bytes | None:
        if not self.ignore_conditions or request.method != "POST":
            return request.body or None
        bundle = json.loads(request.body)
        for entry in bundle["entry"]:
            entry["request"].pop("ifNoneExist", None)
        return json.dumps(bundle).encode()

    def forward_late(self, request: Request) -> None:
        """The request reaches the server only after the client was told nothing."""
        late = threading.Thread(target=self._late_forward, args=(request,), daemon=True)
        self._late.append(late)
        late.start()

    def _late_forward(self, request: Request) -> None:
        time.sleep(LATE_S)
        self.forward(request)

    def hang(self) -> None:
        self._ending.wait(PATIENCE_S)

    def drip(self, secured: ssl.SSLSocket, head: bytes) -> None:
        """A byte every tenth of a second, for ever."""
        secured.sendall(head)
        while not self._ending.wait(0.1):
            secured.sendall(b" ")


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        super().__init__(("127.0.0.1", port), socketserver.BaseRequestHandler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        self._serve(request)


def _announcing(statement: bytes, types: tuple[str, ...]) -> bytes:
    """What the server does, and does not say of itself: it takes our ids for these types too."""
    document = json.loads(statement)
    document["rest"][0]["resource"] += [{"type": each, "updateCreate": True} for each in types]
    return json.dumps(document, separators=(",", ":")).encode()


def send(secured: ssl.SSLSocket, answer: Answer) -> None:
    status, headers, body = answer
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Answer')}", *(f"{k}: {v}" for k, v in headers)]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    secured.sendall("\r\n".join(lines).encode("latin-1") + body)


Fault = Callable[[FaultyLine, ssl.SSLSocket, Request], None]
_HTML = b"<html><body>Bienvenue sur le Wi-Fi. Veuillez vous connecter.</body></html>"
_JSON = ("Content-Type", "application/fhir+json")


def _plain(status: int, *headers: tuple[str, str], body: bytes = b"{}") -> Fault:
    return lambda line, secured, request: send(secured, (status, list(headers), body))


def _close_after_store(line: FaultyLine, secured: ssl.SSLSocket, request: Request) -> None:
    line.forward(request)
    secured.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 9999\r\n\r\n{"
    )


def _hang_after_store(line: FaultyLine, secured: ssl.SSLSocket, request: Request) -> None:
    line.forward(request)
    line.hang()


def _reset_after_store(line: FaultyLine, secured: ssl.SSLSocket, request: Request) -> None:
    """The connection does not end, it is torn."""
    line.forward(request)
    secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket(fileno=secured.detach()).close()


def _huge(line: FaultyLine, secured: ssl.SSLSocket, request: Request) -> None:
    secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n")
    while True:
        secured.sendall(b" " * 65536)


def _wrong_id(line: FaultyLine, secured: ssl.SSLSocket, request: Request) -> None:
    """It stores, and says that it stored something else."""
    status, headers, body = line.forward(request)
    send(secured, (status, headers, re.sub(rb"/[0-9a-f]{8}-", b"/00000000-", body)))


FAULTS: dict[str, Fault] = {
    "500": _plain(500, _JSON, body=_OUTCOME),
    "429": _plain(429, _JSON, ("Retry-After", "2"), body=_OUTCOME),
    "422": _plain(422, _JSON, body=_OUTCOME),
    "html": _plain(200, ("Content-Type", "text/html"), body=_HTML),
    "302": _plain(302, ("Location", "https://127.0.0.1:1/portal")),
    "401": _plain(401, _JSON, body=_OUTCOME),
    "hang": lambda line, secured, request: line.hang(),
    "drip": lambda line, secured, request: line.drip(
        secured, b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 99999\r\n\r\n"
    ),
    "drip_close": lambda line, secured, request: line.drip(
        secured, b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nConnection: close\r\n\r\n"
    ),
    "drip_head": lambda line, secured, request: line.drip(secured, b"HTTP/1.1 200 OK\r\nX-Long: "),
    "huge": _huge,
    "close_before": lambda line, secured, request: None,
    "close_after_store": _close_after_store,
    "hang_after_store": _hang_after_store,
    "reset_after_store": _reset_after_store,
    "wrong_id": _wrong_id,
    "late": lambda line, secured, request: line.forward_late(request),
}


def obey(line: FaultyLine, order: dict[str, Any]) -> None:
    """One order of the control port. Raises ValueError or KeyError."""
    match order["do"]:
        case "cut":
            line.cut()
        case "restore":
            line.restore()
        case "fault":
            line.fault(order["what"], int(order.get("times", 1)), order.get("method", "POST"))
        case "clear":
            line.clear()
        case other:
            raise ValueError(f"unknown order {other}")


@contextlib.contextmanager
def control(line: FaultyLine, port: int) -> Iterator[int]:
    """The control port, on 127.0.0.1 only."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for text in self.rfile:
                try:
                    obey(line, json.loads(text))
                    answer: dict[str, Any] = {"ok": True}
                except (ValueError, KeyError, TypeError) as error:
                    answer = {"ok": False, "error": str(error)}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--upstream-ca", type=Path, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control", type=int, default=0)
    options = parser.parse_args()
    with (
        FaultyLine(options.upstream, options.upstream_ca, options.dir, options.port) as line,
        control(line, options.control) as port,
    ):
        print(json.dumps({"url": line.url, "ca": str(line.ca), "control": port}), flush=True)
        signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main()
