"""The promises of the outbox, each tried many times. Needs the disk shim: `disk.environment()`."""

import errno
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from offline_queue.slots import add_slot
from tests.offline_queue.helpers import KEY, pems
from tests.torture.outbox.child import Say, in_child, said, scratch
from tests.torture.outbox.disk import KILL, steps, watch
from tests.torture.outbox.judge import Told, judge, judge_log_alone
from tests.torture.outbox.phases import PHASES, die, killed_in
from tests.torture.outbox.power import Disk, Loss
from tests.torture.outbox.trace import read_trace
from tests.torture.outbox.workload import Day

_MARK = ".said"
_DAY_STEPS = 60
_FIRST_START_STEPS = 96  # of the disk, about
_LOG_ALONE_EVERY = 4
_CLAIMS, _DIES_CLAIMING = 12, 5  # of about twenty a day; the fifth of eight lives
_ALL_PHASES_MET = 200


@dataclass
class Proof:
    """Each line of `broken` says how to try the same again, `seen` what else is to tell; `killed`: in the
    midst of what, and how often."""

    promise: str
    tries: int = 0
    acknowledged: int = 0
    broken: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)

    def note(self, told: Told, wrong: list[str], how: str) -> None:
        self.tries += 1
        self.acknowledged += len(told.put)
        if wrong:
            self.broken.append(f"{how}: {'; '.join(wrong[:3])}")


def kills(tries: int, seed: int = 1) -> Proof:
    """Killed in the midst of a random step; the same outbox lives through several deaths."""
    proof = Proof("killed at any step of the disk: nothing acknowledged is lost, altered or sent again")
    rng = random.Random(seed)
    limit = _steps_of_a_day()
    while proof.tries < tries:
        told = Told()
        with scratch() as folder:
            for life in range(min(8, tries - proof.tries)):
                number = rng.randrange(10**6)
                how = _killed(folder, told, proof.killed, number, life, _a_death(rng, life, limit))
                proof.note(told, judge(folder, told), f"kill day {number} {how} life {life}")
    proof.broken += _not_met(proof.killed, tries)
    return proof


def _a_death(rng: random.Random, life: int, limit: int) -> tuple[int, int]:
    """A step of the disk, or (each eighth time) a claim, which has none."""
    return (0, rng.randint(1, _CLAIMS)) if life == _DIES_CLAIMING else (rng.randint(1, limit), 0)


def _killed(
    folder: Path, told: Told, killed: Counter[str], number: int, life: int, death: tuple[int, int]
) -> str:
    step, claim = death
    lines = said(partial(_day, folder, number, 10_000 * life, step, KILL, claim=claim))
    told.hear(lines)
    if phase := killed_in(lines):
        killed[phase] += 1
    return f"claim {claim}" if claim else f"step {step}"


def _not_met(killed: Counter[str], tries: int) -> list[str]:
    """What belongs to a day must have been met, once there were enough tries for it."""
    wanted = set(PHASES) - {"rotate", "migrate", "recover"} if tries >= _ALL_PHASES_MET else set()
    return [f"never killed in {phase}" for phase in sorted(wanted - killed.keys())]


def failures(tries: int | None, error: int, seed: int = 1) -> Proof:
    """Each step of a day fails once (or `tries` of them, evenly spread, and more of the first start)."""
    name = errno.errorcode[error]
    proof = Proof(f"any one step of the disk fails with {name}: nothing acknowledged is lost or altered")
    limit = _steps_of_a_day(seed)
    start = range(1, _FIRST_START_STEPS, _FIRST_START_STEPS // 12)
    spread = range(1, limit + 1, 1 if tries is None else max(1, limit // tries))
    for at in sorted({*start, *spread}):
        with scratch() as folder:
            told = Told().hear(_lived(folder, seed, 0, at, error))
            proof.note(told, judge(folder, told, sound=False), f"{name} day {seed} step {at}")
    return proof


def power_cuts(states: int, seed: int = 1) -> Proof:
    """States of the disk after a cut, built from what one day wrote."""
    proof = Proof("the power fails: nothing acknowledged is lost or altered, and no false alarm is given")
    with scratch() as folder, scratch() as aside:
        trace = aside / "trace"
        proof.broken += in_child(partial(_traced_day, folder, trace, seed))
        for ordered in (True, False):
            for loss in Loss:
                rng = random.Random(f"{seed} {ordered} {loss}")
                _cut_often(proof, trace, rng, states // 6, ordered, loss)
    return proof


def _cut_often(proof: Proof, trace: Path, rng: random.Random, states: int, ordered: bool, loss: Loss) -> None:
    all_steps = list(read_trace(trace))
    disk, told, done = Disk(ordered=ordered), Told(), 0
    for at in sorted(rng.randint(1, len(all_steps)) for _ in range(states)):
        for step in all_steps[done:at]:
            if step.name != _MARK:
                disk.do(step)
            elif step.what == "w":
                told.hear(step.data.decode().splitlines())
        done = at
        with scratch() as folder:
            for name, content in disk.after_a_cut(rng, loss).items():
                (folder / name).write_bytes(content)
            names = "names in order" if ordered else "names in any order"
            check = judge_log_alone if proof.tries % _LOG_ALONE_EVERY == 0 else judge
            proof.note(told, check(folder, told), f"cut after step {at}, {names}, {loss}")


def _traced_day(folder: Path, trace: Path, seed: int) -> None:
    watch(folder, trace)
    with (folder / _MARK).open("wb", buffering=0) as mark:
        Day(folder, lambda line: mark.write(f"{line}\n".encode()), seed).live(3 * _DAY_STEPS)


def _steps_of_a_day(seed: int = 1) -> int:
    """How many steps a day takes that nothing befalls."""
    with scratch() as folder:

        def count(say: Say) -> None:
            _day(folder, seed, 0, 0, 0, say)
            say(str(steps()))

        return int(said(count)[-1])


def _lived(folder: Path, seed: int, first: int, at: int, fail_with: int) -> list[str]:
    return said(partial(_day, folder, seed, first, at, fail_with))


def lived(folder: Path, seed: int, halfway: Path) -> list[str]:
    """What was said in a day that ends by a kill; `halfway` gets a copy of the files in its middle. An
    organisation has a key."""
    add_slot(folder, KEY, "agency", pems(X25519PrivateKey.generate())[1])

    def live(say: Say) -> None:
        day = Day(folder, say, seed)
        day.live(_DAY_STEPS, close=False)
        shutil.copytree(folder, halfway, dirs_exist_ok=True)
        day.live(_DAY_STEPS, close=False)
        die()  # at its end it would be closed in good order, and leave no write-ahead log

    return said(live)


def _day(folder: Path, seed: int, first: int, at: int, fail_with: int, say: Say, *, claim: int = 0) -> None:
    watch(folder, None, at, fail_with)
    Day(folder, say, seed, first, dies_at_claim=claim).live(_DAY_STEPS)
