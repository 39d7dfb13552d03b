"""`./run lab [WORD]`: the program in a guest machine with a stock kernel and a real bluetoothd.

One line for each check: PASS, FAIL, or SKIP with the reason. WORD: only checks with it in their name. Exit
code 1 when one failed, one that may not was skipped, or the guest did not come to its end.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.lab.kernel import KernelError
from tests.lab.machine import Machine
from tests.lab.surroundings import AdapterEnd, Room

TREE = Path(__file__).parents[2].resolve()
_FOLDER = TREE / ".lab" / "vm"
_LIMIT_S = 1800.0
_VERDICTS = ("PASS", "FAIL", "SKIP")


async def run(program: Path, only: str, emulate: bool) -> int:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    room = Room()
    machine = Machine(_FOLDER, TREE, program, room.port)
    adapter = AdapterEnd()
    await room.open()
    await adapter.open(machine.adapter)
    try:
        async with asyncio.timeout(_LIMIT_S):
            await machine.start(only, emulate)
            return await _watch(machine, room)
    finally:
        await machine.stop()


async def _watch(machine: Machine, room: Room) -> int:
    orders = {"unplug": machine.unplug, "replug": machine.replug, "pull-radio": room.pull}
    failed, ended = 0, False
    async for line in machine.console():
        word, _, rest = line.partition(" ")
        if word == "HOST":
            await orders[rest]()
        elif line.startswith("LAB exit"):
            ended = rest == "exit 0" or bool(failed)
        elif word in _VERDICTS:
            failed += word == "FAIL"
            print(line, flush=True)
        else:
            print(f"    {line}", file=sys.stderr, flush=True)
    return 0 if ended and not failed else 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run lab", description=__doc__)
    parser.add_argument("only", nargs="?", default="", metavar="WORD")
    parser.add_argument(
        "--program", type=Path, default=TREE / ".venv/bin/telecabine", metavar="FILE",
        help="the installed program; without it the one of this checkout",
    )  # fmt: skip
    parser.add_argument("--emulate", action="store_true", help="without KVM, also where there is one")
    given = parser.parse_args()
    try:
        sys.exit(asyncio.run(run(given.program.absolute(), given.only, given.emulate)))
    except KernelError as error:
        sys.exit(str(error))
    except TimeoutError:
        sys.exit(f"the guest did not come to its end within {_LIMIT_S / 60:.0f} minutes")


if __name__ == "__main__":
    main()
