"""In the midst of what a kiosk was killed: it says so before each disk step, and the last word counts."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from offline_queue.room import Room
from tests.torture.outbox.child import Say

PHASES = ("enqueue", "claim", "acknowledge", "checkpoint", "vacuum", "rotate", "migrate", "recover")
"""Those that must be met; besides there are start, tidy and close."""
_INSIDE_OTHERS = {"checkpoint": ("checkpoint", "empty_log"), "vacuum": ("reclaim",)}


class Phases:
    """Of one life. A checkpoint may come in the midst of an enqueue: then that is where it was killed."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._now = "start"
        for phase, methods in _INSIDE_OTHERS.items():
            for method in methods:
                setattr(Room, method, self._saying(phase, getattr(Room, method)))

    @contextmanager
    def of(self, phase: str) -> Iterator[None]:
        before, self._now = self._now, phase
        self._say(f"at {phase}")
        try:
            yield
        finally:
            self._now = before
            self._say(f"at {before}")

    def _saying(self, phase: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def said(*given: Any, **named: Any) -> Any:
            with self.of(phase):
                return method(*given, **named)

        return said


def killed_in(lines: Iterable[str]) -> str:
    """The phase of a life's end; "" when it ended by itself."""
    said = [line.removeprefix("at ") for line in lines if line.startswith("at ")]
    return said[-1] if said and said[-1] != "end" else ""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_words(killed: Counter[str]) -> str:
    return "killed in " + ", ".join(f"{phase} {killed[phase]}" for phase in sorted(killed, key=_order))


def _order(phase: str) -> tuple[bool, str]:
    return (phase not in PHASES, f"{PHASES.index(phase):02}" if phase in PHASES else phase)
