"""A connection serves several exchanges, is cut like a new one, and is let go when nobody uses it."""

import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Answer, Limits, exchange
from kiosk.fhir.kept_sessions import IDLE_S, KeptSessions
from kiosk.rendezvous.tls import self_signed
from tests.fakes.polling import until


class Server(ThreadingHTTPServer):
    """Speaks HTTP/1.1 and keeps its connections. `/drip` answers without end, `/cookie` sets one."""

    daemon_threads = True

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ca, key = self_signed(directory, ["localhost", "127.0.0.1"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.opened = self.open = 0
        self.cookies: list[str] = []

    def ask(self, path: str, kept: KeptSessions, timeout_s: float = 20.0) -> Answer:
        url = f"https://127.0.0.1:{self.server_address[1]}{path}"
        return exchange("GET", url, {}, None, Limits(timeout_s, 1000, self.ca), kept)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.opened += 1
        self.server.open += 1

    def finish(self) -> None:
        super().finish()
        self.server.open -= 1

    def do_GET(self) -> None:
        self.server.cookies.append(self.headers.get("Cookie", ""))
        self.send_response(200)
        if self.path == "/drip":
            self.send_header("Connection", "close")
            self.end_headers()
            while True:
                self.wfile.write(b" ")
                time.sleep(0.05)
        if self.path == "/cookie":
            self.send_header("Set-Cookie", "who=patient; Path=/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Not on the screen."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    running.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that cut is no news
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


async def test_one_connection_serves_many_and_is_let_go(server: Server) -> None:
    kept = KeptSessions()
    for _ in range(5):
        assert server.ask("/", kept).body == b"{}"
    assert (server.opened, server.open) == (1, 1)
    await until(lambda: server.open == 0)
    assert server.ask("/", kept).status == 200
    assert server.opened == 2
    kept.close()
    await until(lambda: server.open == 0)


@pytest.mark.parametrize("used_before", [False, True])
async def test_an_endless_answer_is_cut_on_an_old_connection_too(server: Server, used_before: bool) -> None:
    kept = KeptSessions()
    if used_before:
        server.ask("/", kept)
    with pytest.raises(FhirError) as caught:
        server.ask("/drip", kept, timeout_s=IDLE_S / 4)
    assert caught.value.reason is FhirReason.TOO_LONG
    assert server.ask("/", kept).status == 200
    kept.close()


def test_no_cookie_is_ever_sent_back(server: Server) -> None:
    kept = KeptSessions()
    for path in ("/cookie", "/", "/"):
        server.ask(path, kept)
    assert server.cookies == ["", "", ""]
    kept.close()
