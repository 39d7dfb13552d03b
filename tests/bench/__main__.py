"""`./run bench [part...]`: each part beside a named competitor, a table here and JSON in bench-output/.

`./run bench call --case loss10 --case cut5` plays some cases of part call; `--quick`: one round.
"""

import argparse
import importlib
from types import ModuleType
from typing import Any

from tests.bench.report import origin, save

PARTS = (
    "outbox",
    "drain",
    "start",
    "wire",
    "kiosk_call",
    "call",
    "auscultation",
    "echo",
    "decoders",
    "instruments",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"any of {', '.join(PARTS)}; without one: all of them")
    parser.add_argument(
        "--case", action="append", default=[], help="only this case (of part call); repeatable"
    )
    parser.add_argument("--quick", action="store_true", help="one round (of part call), no waiting for quiet")
    given = parser.parse_args()
    wanted = given.part or PARTS
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; known: {', '.join(PARTS)}")
    for name in wanted:
        part = importlib.import_module(f"tests.bench.part_{name}")
        begun = origin(name)
        result = part.run(**_options(parser, part, given))
        path = save("-".join((name, *given.case)), begun, result)
        print(part.show(result), f"\nload before {begun['machine']['load_average']}; {path}", flush=True)


def _options(parser: argparse.ArgumentParser, part: ModuleType, given: argparse.Namespace) -> dict[str, Any]:
    known = getattr(part, "CASES", {})
    unknown = [case for case in given.case if case not in known]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; known: {', '.join(known) or 'none in this part'}")
    cases = {"cases": tuple(given.case)} if given.case else {}
    return cases | ({"rounds": 1, "patience_s": 0.0} if given.quick and known else {})


if __name__ == "__main__":
    main()
