"""Names that are looked up in time, or not at all."""

import shutil
import socket
import subprocess
import sys
import threading

import pytest

from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Limits, exchange
from kiosk.fhir.look_up import LookUps

_HANGS_S = 60  # the system's own look-up would take 150 s


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs namespaces")
def test_a_resolver_that_never_answers_holds_nobody_beyond_the_deadline() -> None:
    command = [
        "unshare",
        "-rnm",
        sys.executable,
        "-m",
        "tests.fakes.silent_resolver",
        "0.5",
    ]
    if subprocess.run([*command[:2], "true"], check=False).returncode:
        pytest.skip("this system forbids private namespaces")
    ended = subprocess.run(command, timeout=_HANGS_S, check=True, capture_output=True, text=True)
    assert ended.stdout.split("\n")[:4] == ["not_reached"] * 3 + ["asked"], "and it has ended"


def test_an_unknown_name_and_an_impossible_one_were_not_reached() -> None:
    for host in ("nowhere.invalid", f"{'a' * 70}.invalid"):
        with pytest.raises(FhirError) as caught:
            exchange("GET", f"https://{host}/", {}, None, Limits(20.0, 1000))
        assert caught.value.reason in (FhirReason.NOT_REACHED, FhirReason.NO_ANSWER)


def test_a_look_up_that_could_not_begin_holds_nobody_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more_threads(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    look_ups = LookUps()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", no_more_threads)
        with pytest.raises(RuntimeError):
            look_ups.addresses("localhost", 20.0)
    assert "127.0.0.1" in look_ups.addresses("localhost", 20.0)


def test_a_name_is_looked_up_anew_each_time() -> None:
    look_ups = LookUps()
    for _ in range(2):
        assert "127.0.0.1" in look_ups.addresses("localhost", 20.0)
    with pytest.raises(socket.gaierror):
        look_ups.addresses("nowhere.invalid", 20.0)
