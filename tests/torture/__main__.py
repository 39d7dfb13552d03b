"""`./run torture decoders [--inputs N] [--only WORD]`: coverage-guided fuzzing of all that decodes.

Every decoder of the catalogue and every protocol gets N inputs more than it has had; the corpus stays in
.torture/, so a campaign goes on where it ended. Exit code 1 when an invariant was broken: the input is in
.torture/findings/, and `.venv-torture/bin/python -m tests.torture.fuzz TARGET FILE` feeds it again.
"""

import argparse
import sys
from collections.abc import Sequence

from tests.torture.campaign import Campaign, Outcome
from tests.torture.targets import Target, targets

_INPUTS = 100_000
_HEAD = ("target", "inputs", "of this code", "edges", "inputs/s", "verdict")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run torture", description=__doc__)
    parser.add_argument("what", choices=("decoders",))
    parser.add_argument("--inputs", type=int, default=_INPUTS, metavar="N", help="for each target")
    parser.add_argument("--only", default="", metavar="WORD", help="targets with this in their name")
    given = parser.parse_args()
    chosen = [target for name, target in targets().items() if given.only in name]
    if not chosen:
        parser.error(f"no target has {given.only!r} in its name; there are: {' '.join(targets())}")
    outcomes = _run(chosen, given.inputs)
    print(table([_HEAD, *map(_row, outcomes)]))
    for outcome in outcomes:
        if outcome.breach:
            print(f"\n{outcome.target}: {outcome.breach}\n  {outcome.reproducer}")
    sys.exit(any(outcome.breach for outcome in outcomes))


def _run(chosen: Sequence[Target], budget: int) -> list[Outcome]:
    campaign, outcomes = Campaign(), []
    for number, target in enumerate(chosen, start=1):
        outcomes.append(campaign.run(target, budget))
        print(f"{number}/{len(chosen)} {' '.join(_row(outcomes[-1]))}", file=sys.stderr, flush=True)
    return outcomes


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
