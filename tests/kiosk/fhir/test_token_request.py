"""What is asked of a token server, and what its answers mean."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)

from kiosk.fhir.assertion import OAuthClient
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Answer, Limits, exchange
from kiosk.fhir.token_request import TOKEN_HEADERS, Token, of_token_answer, token_request
from offline_queue.outcome import Outcome, Pause, Retry
from tests.fakes.token_server import CLIENT, KEY_ID, TokenServer
from tests.kiosk.fhir.oauth_stage import new_key, write_key

JSON = "application/json"
REFUSES = "it refuses the kiosk's credential"
WRONG = "its address or settings are wrong"


def judge(status: int, told: Any, content_type: str = JSON, retry_after: str = "") -> Token | Pause | Retry:
    return of_token_answer(Answer(status, content_type, retry_after, json.dumps(told).encode()))


def given(**changes: Any) -> dict[str, Any]:
    return {"access_token": "abc.DEF-1_2~3+4/5==", "token_type": "bearer", "expires_in": 300, **changes}


@pytest.mark.parametrize("token_type", ["bearer", "Bearer", "BEARER"])
def test_a_token_is_kept_until_shortly_before_it_expires(token_type: str) -> None:
    token = judge(200, given(token_type=token_type))
    assert isinstance(token, Token)
    assert token.text == "abc.DEF-1_2~3+4/5=="
    assert token.kept_s == pytest.approx(270.0)


@pytest.mark.parametrize(
    ("expires_in", "kept_s"),
    [
        ("3600", 3240.0),
        (60.5, 54.45),
        (0, 0.0),
        (None, 270.0),
        (-5, 270.0),
        ("soon", 270.0),
        ("9" * 400, 270.0),
        ([], 270.0),
    ],
)
def test_a_strange_life_is_a_short_one(expires_in: Any, kept_s: float) -> None:
    token = judge(200, given(expires_in=expires_in))
    assert isinstance(token, Token)
    assert token.kept_s == pytest.approx(kept_s)


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        given(token_type="mac"),
        given(token_type=None),
        given(access_token=""),
        given(access_token=7),
        given(access_token="two words"),
        given(access_token="a\r\nX-Injected: yes"),
        given(access_token="jeton-délivré"),
        {"access_token": "abc"},
        {"token_type": "bearer"},
    ],
)
def test_a_success_without_a_bearer_token_is_none(told: Any) -> None:
    assert judge(200, told) == Retry("token server: HTTP 200 without a bearer token")


def test_nor_is_a_success_that_is_no_json() -> None:
    told = Retry("token server: HTTP 200 without a bearer token")
    assert judge(200, given(), content_type="text/html") == told
    assert of_token_answer(Answer(200, JSON, "", b"<html>")) == told
    assert of_token_answer(Answer(200, JSON, "", b"[" * 100_000)) == told


@pytest.mark.parametrize(
    ("status", "told", "outcome"),
    [
        (401, {"error": "invalid_client"}, Pause(f"token server: HTTP 401 invalid_client: {REFUSES}")),
        (400, {"error": "invalid_client"}, Pause(f"token server: HTTP 400 invalid_client: {REFUSES}")),
        (400, {"error": "invalid_scope"}, Pause(f"token server: HTTP 400 invalid_scope: {REFUSES}")),
        (403, {}, Pause(f"token server: HTTP 403: {REFUSES}")),
        (404, {}, Pause(f"token server: HTTP 404: {WRONG}")),
        (405, {}, Pause(f"token server: HTTP 405: {WRONG}")),
        (503, {"error": "temporarily_unavailable"}, Retry("token server: HTTP 503 temporarily_unavailable")),
        (408, {}, Retry("token server: HTTP 408")),
        (302, {}, Retry("token server: HTTP 302")),
    ],
)
def test_every_refusal_has_its_outcome(status: int, told: Any, outcome: Outcome) -> None:
    assert judge(status, told) == outcome


def test_retry_after_is_heard() -> None:
    assert judge(429, {}, retry_after="7") == Retry("token server: HTTP 429", 7.0)


CODES = ["x" * 41, "Invalid Client", "no\nline", "", 7, None, "eyJhbGciOiJFUzM4NCJ9.e30.a"]


@pytest.mark.parametrize("code", CODES)
def test_only_a_code_is_quoted(code: Any) -> None:
    assert judge(400, {"error": code, "error_description": "secret"}) == Pause(
        f"token server: HTTP 400: {REFUSES}"
    )


def test_a_request_is_good_for_one_time(tmp_path: Path) -> None:
    key = new_key()
    with TokenServer(tmp_path / "tls", key.public_key()) as tokens:
        client = OAuthClient(tokens.url, CLIENT, write_key(tmp_path / "key", key), KEY_ID)
        first, second = token_request(client), token_request(client)
        limits = Limits(20.0, 65536, tokens.ca)
        forms = (first, second, first)
        answers = [exchange("POST", tokens.url, TOKEN_HEADERS, form, limits) for form in forms]
    assert [answer.status for answer in answers] == [200, 200, 401]
    assert tokens.refusals == ["replayed"]


def test_without_a_scope_none_is_asked_for(tmp_path: Path) -> None:
    client = OAuthClient("https://auth.example.org/token", CLIENT, write_key(tmp_path / "key", new_key()))
    assert parse_qs(token_request(client).decode())["scope"] == ["system/*.crus"]
    bare = OAuthClient(client.token_url, CLIENT, client.key_file, scope="")
    assert "scope" not in parse_qs(token_request(bare).decode())


def spoiled_key(path: Path, what: str) -> Path:
    locked, spki = BestAvailableEncryption(b"a password"), PublicFormat.SubjectPublicKeyInfo
    contents: dict[str, Callable[[], bytes]] = {
        "garbage": lambda: b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "short": lambda: write_key(path, rsa.generate_private_key(65537, 1024)).read_bytes(),
        "another curve": lambda: write_key(path, ec.generate_private_key(ec.SECP256R1())).read_bytes(),
        "locked": lambda: new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked),
        "public": lambda: new_key().public_key().public_bytes(Encoding.PEM, spki),
    }
    if what != "absent":
        path.write_bytes(contents[what]())
    return path


@pytest.mark.parametrize("what", ["absent", "garbage", "short", "another curve", "locked", "public"])
def test_a_key_that_cannot_be_used_is_named(tmp_path: Path, what: str) -> None:
    path = spoiled_key(tmp_path / "key.pem", what)
    with pytest.raises(FhirError) as caught:
        token_request(OAuthClient("https://auth.example.org/token", CLIENT, path))
    assert caught.value.reason is FhirReason.CONFIGURATION
    assert str(path) in caught.value.detail


def test_a_token_is_never_asked_for_in_the_clear() -> None:
    with pytest.raises(FhirError):
        OAuthClient("http://auth.example.org/token", CLIENT, Path("key.pem"))


def test_a_token_does_not_show_itself() -> None:
    assert "abc" not in repr(judge(200, given()))


LOOKING = """
import sys
import kiosk.config
print({"jwt", "cryptography", "requests"} & set(sys.modules))
import kiosk.fhir.client
print("jwt" in sys.modules)
"""


def test_a_site_without_a_token_server_does_not_load_what_signs() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["set()", "False"]
