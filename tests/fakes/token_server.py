"""A token server as strict as SMART asks for, over HTTPS, and a line to a FHIR server that wants its tokens.

It verifies with `cryptography` alone, from the specifications (RFC 7515, 7518, 7523; SMART App Launch 2.2),
so that what the kiosk signs with a library is read by something else.
"""

import base64
import json
import secrets
import socketserver
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kiosk.rendezvous.tls import self_signed
from tests.fakes.fhir_faults import Answer, FaultyLine, Request

CLIENT = "kiosk-77"
KEY_ID = "2026-11"
SCOPE = "system/*.crus"
PATIENCE_S = 60.0
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFE_S_MAX = 300
_SKEW_S = 15  # Keycloak's
_OUTCOME = b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"login"}]}'

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Refused(Exception):
    """The error code for the client (RFC 6749, 5.2), and why, which it is not told."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class TokenServer:
    """Knows one client by its public key. A token lives `life_s`; `ahead_s`: its clock before ours."""

    def __init__(
        self, directory: Path, public_key: PublicKey, life_s: float = 300.0, ahead_s: float = 0.0
    ) -> None:
        self.ca, key = self_signed(directory, ["localhost", "127.0.0.1"])
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.ca, key)
        self._public_key = public_key
        self._listener = _Listener(tls, self)
        self._changing = threading.Lock()
        self._seen: set[str] = set()
        self._valid_until_s: dict[str, float] = {}
        self.url = f"https://127.0.0.1:{self._listener.server_address[1]}/token"
        self.audience = self.url
        self.life_s = life_s
        self.ahead_s = ahead_s
        self.asked = 0
        self.refusals: list[str] = []
        self.shown: list[str] = []
        self.instead: deque[tuple[int, dict[str, Any]]] = deque()
        """Answers to be given in the place of the next true ones."""

    def __enter__(self) -> "TokenServer":
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    @property
    def tokens(self) -> list[str]:
        """All that were ever given."""
        return list(self._valid_until_s)

    def now_s(self) -> float:
        return time.time() + self.ahead_s

    def is_valid(self, authorization: str) -> bool:
        """Of the header that a FHIR server gets."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and time.monotonic() < self._valid_until_s.get(token, 0.0)

    def revoke(self) -> None:
        with self._changing:
            self._valid_until_s = dict.fromkeys(self._valid_until_s, 0.0)

    def answer(self, content_type: str, body: bytes) -> tuple[int, dict[str, Any]]:
        with self._changing:
            self.asked += 1
            form = {name: values[0] for name, values in parse_qs(body.decode("ascii")).items()}
            self.shown.append(form.get("client_assertion", ""))
            if self.instead:
                return self.instead.popleft()
            try:
                return 200, self._given(content_type, form)
            except Refused as refusal:
                self.refusals.append(str(refusal))
                status = 401 if refusal.code == "invalid_client" else 400
                return status, {"error": refusal.code, "error_description": f"no: {refusal}"}

    def _given(self, content_type: str, form: dict[str, str]) -> dict[str, Any]:
        if content_type != "application/x-www-form-urlencoded":
            raise Refused("invalid_request", "content type")
        if form.get("grant_type") != "client_credentials":
            raise Refused("unsupported_grant_type", "grant type")
        self._check_client(form)
        if form.get("scope") != SCOPE:
            raise Refused("invalid_scope", "scope")
        token = secrets.token_urlsafe(24)
        self._valid_until_s[token] = time.monotonic() + self.life_s
        return {"access_token": token, "token_type": "bearer", "expires_in": self.life_s, "scope": SCOPE}

    def _check_client(self, form: dict[str, str]) -> None:
        assertion = form.get("client_assertion", "")
        if form.get("client_assertion_type") != _ASSERTION_TYPE or assertion.count(".") != 2:
            raise Refused("invalid_client", "no assertion")
        head, claims, signature = assertion.split(".")
        header = json.loads(_decoded(head))
        if header.get("typ") != "JWT" or header.get("kid") != KEY_ID:
            raise Refused("invalid_client", "key id")
        _verify(self._public_key, header.get("alg"), f"{head}.{claims}".encode(), _decoded(signature))
        self._check_claims(json.loads(_decoded(claims)), form.get("client_id", CLIENT))

    def _check_claims(self, claims: dict[str, Any], client_id: str) -> None:
        checks = {
            "client": claims.get("iss") == claims.get("sub") == client_id == CLIENT,
            "audience": claims.get("aud") == self.audience,
            "expired": self.now_s() < claims.get("exp", 0),
            "too far ahead": claims.get("exp", 0) <= self.now_s() + _LIFE_S_MAX,
            "issued in the future": claims.get("iat", 0) <= self.now_s() + _SKEW_S,
            "jti": len(str(claims.get("jti", ""))) >= 16,
            "replayed": claims.get("jti") not in self._seen,
        }
        for why, is_well in checks.items():
            if not is_well:
                raise Refused("invalid_client", why)
        self._seen.add(claims["jti"])


def _verify(key: PublicKey, algorithm: Any, signed: bytes, signature: bytes) -> None:
    """RS384 or ES384 (RFC 7518, 3.3 and 3.4), whichever goes with the key."""
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm == "RS384":
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA384())
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == "ES384" and len(signature) == 96:
            r, s = (int.from_bytes(half, "big") for half in (signature[:48], signature[48:]))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA384()))
        else:
            raise Refused("invalid_client", "algorithm")
    except InvalidSignature as error:
        raise Refused("invalid_client", "signature") from error


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext, desk: TokenServer) -> None:
        self.desk = desk
        self._tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(OSError):  # a client that does not trust us, or gave up, is no fault of this server
            request.settimeout(PATIENCE_S)
            with self._tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status, told = self.server.desk.answer(self.headers.get("Content-Type", ""), body)
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.server.desk.now_s() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at the log."""


class GuardedLine(FaultyLine):
    """To a FHIR server that takes only who shows a token that is valid now."""

    def __init__(
        self, upstream: str, upstream_ca: Path, directory: Path, is_valid: Callable[[str], bool]
    ) -> None:
        self._is_valid = is_valid
        self.turned_away = 0
        super().__init__(upstream, upstream_ca, directory)

    def forward(self, request: Request) -> Answer:
        if self._is_valid(request.headers.get("Authorization", "")):
            return super().forward(request)
        self.turned_away += 1
        challenge = ("WWW-Authenticate", 'Bearer error="invalid_token"')
        return 401, [challenge, ("Content-Type", "application/fhir+json")], _OUTCOME
