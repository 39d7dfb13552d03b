"""`./run torture decoders [--inputs N] [--only WORD]`: coverage-guided fuzzing of all that decodes.

Each family gets N inputs, shared among its targets: the decoders of each kind of instrument, and those of one
frame of every protocol. What was fed to this code before counts, and the corpus stays in .torture/: a
campaign goes on where it ended. Exit code 1 when an invariant was broken: the input is in .torture/findings/,
and `.venv-torture/bin/python -m tests.torture.fuzz TARGET FILE` feeds it again.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.torture.campaign import Campaign, Outcome
from tests.torture.targets import Target, targets

_INPUTS = 1_000_000
_HEAD = ("target", "inputs", "of this code", "edges", "inputs/s", "verdict")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run torture", description=__doc__)
    parser.add_argument("what", choices=("decoders",))
    parser.add_argument("--inputs", type=int, default=_INPUTS, metavar="N", help="for each family")
    parser.add_argument("--only", default="", metavar="WORD", help="targets with this in their name")
    given = parser.parse_args()
    everything = targets()
    chosen = [target for name, target in everything.items() if given.only in name]
    if not chosen:
        parser.error(f"no target has {given.only!r} in its name; there are: {' '.join(everything)}")
    sizes = Counter(target.family for target in everything.values())
    outcomes = _run(chosen, {family: -(-given.inputs // size) for family, size in sizes.items()})
    print(table([_HEAD, *map(_row, outcomes)]))
    print("\n" + table([("family", "inputs of this code"), *_families(chosen, outcomes)]))
    for outcome in outcomes:
        if outcome.breach:
            print(f"\n{outcome.target}: {outcome.breach}\n  {outcome.reproducer}")
    sys.exit(any(outcome.breach for outcome in outcomes))


def _run(chosen: Sequence[Target], shares: dict[str, int]) -> list[Outcome]:
    """On all processors; a line for each target as it ends."""
    campaign = Campaign()

    def run(target: Target) -> Outcome:
        outcome = campaign.run(target, shares[target.family])
        print(" ".join(_row(outcome)), file=sys.stderr, flush=True)
        return outcome

    with ThreadPoolExecutor(os.cpu_count()) as processors:
        return list(processors.map(run, chosen))


def _families(chosen: Sequence[Target], outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    fed: Counter[str] = Counter()
    for target, outcome in zip(chosen, outcomes, strict=True):
        fed[target.family] += outcome.inputs_in_all
    return [(family, f"{count:,}") for family, count in fed.items()]


def _row(outcome: Outcome) -> tuple[str, ...]:
    rate = outcome.inputs / max(outcome.duration_s, 1e-3)
    counts = (outcome.inputs, outcome.inputs_in_all, outcome.edges, round(rate))
    return (outcome.target, *(f"{count:,}" for count in counts), "BROKEN" if outcome.breach else "ok")


def table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: tuple[str, ...]) -> str:
        name, *figures = row
        return "  ".join((name.ljust(widths[0]), *map(str.rjust, figures, widths[1:])))

    return "\n".join(map(line, rows))


if __name__ == "__main__":
    main()
