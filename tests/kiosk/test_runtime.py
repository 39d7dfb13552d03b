"""The asyncio thread, and the kiosk that is started on it."""

import asyncio
import threading
import time
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from kiosk.boot import Boot
from kiosk.config import Config
from kiosk.runtime import Runtime
from tests.fakes.call_bench import PAGE_DIR
from tests.kiosk.whole import config_in

LIMIT_S = 20.0


def test_a_command_runs_on_the_loop_and_gives_its_answer() -> None:
    runtime = Runtime()
    runtime.start()

    async def where() -> str:
        return threading.current_thread().name

    assert runtime.submit(where()).result(LIMIT_S) == "asyncio"
    runtime.stop()
    assert runtime.loop.is_closed()
    assert "asyncio" not in [thread.name for thread in threading.enumerate()]


def test_an_error_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    runtime = Runtime()
    runtime.start()
    told: Queue[BaseException] = Queue()

    async def fails() -> None:
        raise OSError("no line")

    runtime.submit(fails(), told.put)
    assert str(told.get(timeout=LIMIT_S)) == "no line"
    runtime.stop()
    assert "command failed" in caplog.text


def test_stopping_lets_what_runs_clean_up() -> None:
    runtime = Runtime()
    runtime.start()
    begun, cleaned = threading.Event(), threading.Event()

    async def for_ever() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    told: list[BaseException] = []
    running = runtime.submit(for_ever(), told.append)
    assert begun.wait(LIMIT_S)
    runtime.stop()
    assert cleaned.is_set() and running.cancelled()
    assert told == []  # being stopped is no error
    runtime.stop()  # twice does no harm


class Screens:
    """What the screens are told, from whatever thread."""

    def __init__(self) -> None:
        self.told: Queue[tuple[str, Any]] = Queue()

    def publish(self, event: object, /) -> None:
        """Not looked at here."""

    def blocked(self, reason: str, /) -> None:
        self.told.put(("blocked", reason))

    def ready(self, kiosk: Any, runtime: Runtime, /) -> None:
        self.told.put(("ready", kiosk))


def started(config: Config) -> tuple[Boot, Screens]:
    screens = Screens()
    boot = Boot(config, PAGE_DIR, screens)
    boot.start()
    return boot, screens


def test_a_kiosk_starts_and_stops_and_leaves_its_store_in_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = config_in(tmp_path)
    for _ in range(2):
        boot, screens = started(config)
        assert screens.told.get(timeout=LIMIT_S)[0] == "ready"
        time.sleep(0.2)  # it measures and delivers by now
        boot.stop()
        assert screens.told.empty(), "stopping is no fault"
    assert "command failed" not in caplog.text


@pytest.mark.parametrize(
    ("harm", "reason"),
    [("other key", "wrong_key_or_damaged"), ("no key", "key_missing"), ("lax key", "key_unreadable")],
)
def test_a_kiosk_that_cannot_open_its_store_says_why(tmp_path: Path, harm: str, reason: str) -> None:
    config = config_in(tmp_path)
    boot, screens = started(config)
    assert screens.told.get(timeout=LIMIT_S)[0] == "ready"
    boot.stop()
    key = tmp_path / "outbox.key"
    if harm == "other key":
        key.write_bytes(bytes(32))
    elif harm == "no key":
        key.unlink()
    else:
        key.chmod(0o644)
    boot, screens = started(config)
    assert screens.told.get(timeout=LIMIT_S) == ("blocked", reason)
    boot.stop()


def test_a_second_kiosk_on_the_same_store_is_turned_away(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    first, screens = started(config)
    assert screens.told.get(timeout=LIMIT_S)[0] == "ready"
    second, others = started(config)
    assert others.told.get(timeout=LIMIT_S) == ("blocked", "busy")
    second.stop()
    first.stop()
