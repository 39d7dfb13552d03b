"""`./run torture [outbox] [--quick]`: what the outbox promises, tried until it would show.

One line for each promise with its figure, all of it in bench-output/torture.json; exit code 1 when one is
broken or could not be tried. `--only WORD` takes the promises with this in their name.
"""

import argparse
import errno
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.bench.report import OUTPUT
from tests.torture.outbox import (
    changes,
    clocks,
    damage,
    deliveries,
    disk,
    ext4,
    mutants,
    noticed,
    proofs,
    restored,
)
from tests.torture.outbox.phases import in_words
from tests.torture.outbox.proofs import Proof

_SHIM_IS_LOADED = "TELECABINE_DISK_SHIM"
_NAMED = 6  # mutants that the promise itself names
Promise = Callable[[], Proof]


def promises(*, quick: bool) -> dict[str, Promise]:
    """`quick`: every kind, a few times."""
    return {
        "killed": partial(proofs.kills, 60 if quick else 1000),
        "power cut": partial(proofs.power_cuts, 300 if quick else 12_000),
        "ext4": partial(ext4.images, 20 if quick else 300),
        "EIO": partial(proofs.failures, 30 if quick else None, errno.EIO),
        "ENOSPC": partial(proofs.failures, 30 if quick else None, errno.ENOSPC),
        "migrated": partial(changes.migrations, 15 if quick else None),
        "new key": partial(changes.rotations, 15 if quick else None),
        "recover": partial(changes.recoveries, 15 if quick else None),
        "damaged": partial(damage.damages, 60 if quick else 2000),
        "flipped": partial(noticed.flips, 110 if quick else 4400),
        "clock": partial(clocks.jumps, 20 if quick else 300),
        "two kiosks": partial(clocks.pairs, 20 if quick else 300),
        "delivered": partial(deliveries.deliveries, 20 if quick else 1000),
        "restored": partial(restored.restored, 3 if quick else 50),
        "mutants": partial(_mutants, mutants.MUTANTS[:_NAMED] if quick else mutants.MUTANTS),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run torture outbox", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every kind, a few times")
    parser.add_argument("--only", default="", metavar="WORD")
    given = parser.parse_args()
    _with_the_shim()
    logging.disable(logging.ERROR)  # damage is what is looked for here
    chosen = {name: run for name, run in promises(quick=given.quick).items() if given.only in name}
    if not chosen:
        parser.error(f"there are: {', '.join(promises(quick=True))}")
    found = {name: _kept(name, run) for name, run in chosen.items()}
    _keep({name: vars(proof) for name, proof in found.items()})
    sys.exit(any(proof.broken or not proof.tries for proof in found.values()))


def _keep(found: dict[str, Any]) -> None:
    """Beside what earlier runs found of other promises."""
    OUTPUT.mkdir(exist_ok=True)
    file = OUTPUT / "torture.json"
    before = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**before, **found}, indent=1))


def _kept(name: str, run: Promise) -> Proof:
    began_s = time.monotonic()
    proof = run()
    verdict = _verdict(proof)
    # A record that lives through several of them is looked at each time.
    records = f", {proof.acknowledged:,} looks at acknowledged records" if proof.acknowledged else ""
    took_s = time.monotonic() - began_s
    print(f"{name}: {proof.promise}\n  {proof.tries:,} times{records}: {verdict} ({took_s:.0f} s)")
    killed = [in_words(proof.killed)] if proof.killed else []
    for line in (*killed, *proof.seen, *proof.broken[:10]):
        print(f"  {line}", flush=True)
    return proof


def _verdict(proof: Proof) -> str:
    if proof.broken:
        return f"BROKEN {len(proof.broken)} times"
    return "kept" if proof.tries else "NOT TRIED"


def _mutants(chosen: tuple[mutants.Mutant, ...]) -> Proof:
    proof = Proof("a weaker outbox does not pass the tests")
    for mutant, test in mutants.caught(chosen):
        proof.tries += 1
        (proof.seen if test else proof.broken).append(f"{mutant.name}: {test or 'no test failed'}")
    return proof


def _with_the_shim() -> None:
    """The library must be there from the start of the process: it begins anew with it."""
    if _SHIM_IS_LOADED not in os.environ:
        command = [sys.executable, "-m", "tests.torture.outbox", *sys.argv[1:]]
        os.execve(sys.executable, command, {**disk.environment(), _SHIM_IS_LOADED: "1"})


if __name__ == "__main__":
    main()
