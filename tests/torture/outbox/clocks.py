"""A clock that jumps ten years, and two kiosks at one outbox."""

import random
import time
from functools import partial
from pathlib import Path

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outcome import Backoff, Delivered
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, NOW, OWNER
from tests.torture.outbox.child import Say, both, said, scratch
from tests.torture.outbox.disk import KILL, watch
from tests.torture.outbox.judge import Told, judge
from tests.torture.outbox.proofs import Proof
from tests.torture.outbox.workload import Day

_TEN_YEARS_S = 10 * 365.25 * 86400
CLOCKS = (NOW, NOW + _TEN_YEARS_S, NOW - _TEN_YEARS_S)
_DAY_STEPS = 60
_LIVES = 4
_PATIENCE = 200


def jumps(tries: int, seed: int = 1) -> Proof:
    """The clock jumps between any two looks, by ten years and both ways; then all is still delivered."""
    proof = Proof("the clock jumps ten years and back: nothing acknowledged is lost, altered or stuck")
    rng = random.Random(seed)
    while proof.tries < tries:
        with scratch() as folder:
            told = Told()
            for life in range(_LIVES):
                told.hear(said(partial(_jumping_day, folder, rng.randrange(10**6), 10_000 * life)))
            told = told.forgotten_when_done()
            wrong = judge(folder, told, whole=False) or _stuck(folder, rng.choice(CLOCKS))
            proof.note(told, wrong, f"clocks, try {proof.tries} of seed {seed}")
    return proof


def pairs(tries: int, seed: int = 1) -> Proof:
    """Two processes open the same outbox again and again; each is killed somewhere."""
    proof = Proof("two kiosks at one outbox: one of them is refused, nothing acknowledged is lost or altered")
    rng = random.Random(seed)
    while proof.tries < tries:
        with scratch() as folder:
            told = Told()
            one, two = (
                partial(_one_of_two, folder, rng.randrange(10**6), 10**6 * n, rng.randint(1, 300))
                for n in (0, 1)
            )
            for lines in both(one, two):
                told.hear(lines)
            proof.note(told, judge(folder, told), f"pair, try {proof.tries} of seed {seed}")
    return proof


def _jumping_day(folder: Path, seed: int, first: int, say: Say) -> None:
    rng = random.Random(seed)
    time.time = lambda: rng.choice(CLOCKS)  # in this child alone: what is stored has its time from here
    Day(folder, say, seed, first, CLOCKS).live(_DAY_STEPS)


def _one_of_two(folder: Path, seed: int, first: int, kill_at: int, say: Say) -> None:
    watch(folder, None, kill_at, KILL)
    for visit in range(_PATIENCE):
        try:
            Day(folder, say, seed + visit, first + 100 * visit).live(5)
        except OutboxError as error:
            if error.reason is not OutboxReason.BUSY:
                raise AssertionError("the other one got in the way") from error


def _stuck(folder: Path, now: float) -> list[str]:
    """With the clock at `now`, everything that waits can be sent within the longest rest."""
    store = Store(folder, KEY, OWNER, Backoff())
    later = now + Backoff().longest_s
    while (item := store.claim(later)) is not None:
        store.settle(item.id, Delivered("receipt"), later)
    counts = store.counts(None)
    store.close()
    return [f"{counts.waiting} wait for ever"] if counts.waiting else []
