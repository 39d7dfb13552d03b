"""`./run bench [part...]`: each part beside a named competitor, a table here and JSON in bench-output/."""

import argparse
import importlib

from tests.bench.report import origin, save

PARTS = ("outbox", "start", "wire", "call")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"any of {', '.join(PARTS)}; without one: all of them")
    wanted = parser.parse_args().part or PARTS
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; known: {', '.join(PARTS)}")
    for name in wanted:
        part = importlib.import_module(f"tests.bench.part_{name}")
        begun = origin(name)
        result = part.run()
        path = save(name, begun, result)
        print(part.show(result), f"\nload before {begun['machine']['load_average']}; {path}", flush=True)


if __name__ == "__main__":
    main()
