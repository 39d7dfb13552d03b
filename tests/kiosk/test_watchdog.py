"""The messages that systemd gets, read from a real datagram socket."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk import watchdog


@pytest.fixture(params=["file", "abstract"])
def supervisor(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """What systemd listens on, under both kinds of address that it hands out."""
    name = f"telecabine-{uuid4()}"
    in_file = request.param == "file"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify") if in_file else f"\0{name}")
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify") if in_file else f"@{name}")
        yield listener


def test_each_message_arrives_as_one_datagram(supervisor: socket.socket) -> None:
    assert watchdog.notify_ready()
    assert watchdog.tick()
    assert watchdog.notify_stopping()
    assert [supervisor.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_without_a_supervisor_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", "15000000")
    assert not watchdog.notify_ready()
    assert not watchdog.tick()
    assert watchdog.interval_s() is None


def test_a_supervisor_that_went_away_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    watchdog._complain.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert not watchdog.tick()
        assert not watchdog.tick()
    assert [record.name for record in caplog.records] == ["kiosk.watchdog"]


def test_a_supervisor_that_does_not_read_never_holds_up_the_screen(supervisor: socket.socket) -> None:
    sent = 0
    while watchdog.tick():  # until its queue is full
        sent += 1
        assert sent < 100_000
    assert supervisor.recv(64) == b"WATCHDOG=1"
    assert watchdog.tick()


@pytest.mark.parametrize(("allowed", "seconds"), [("15000000", 7.5), ("0", None), ("", None), ("soon", None)])
def test_the_interval_is_half_of_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, allowed: str, seconds: float | None
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    monkeypatch.setenv("WATCHDOG_USEC", allowed)
    assert watchdog.interval_s() == seconds
