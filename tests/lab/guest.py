"""Runs in the guest: prepares each part, runs the drivers, prints one line for each check."""

import asyncio
import logging
import sys
import traceback

from drivers.supervisor import Supervisor
from tests.drivers.listener import running
from tests.lab import checks_bluetooth, checks_camera, checks_program, checks_serial, checks_supercamera
from tests.lab.room_inside import Check, Inside, Skip

_PROGRAM = "the installed program: devices watch"
_PARTS = (checks_serial, checks_bluetooth, checks_camera, checks_supercamera)


async def main(program: str, only: str) -> int:
    inside, failed = Inside(), 0
    chosen = [(part, {n: c for n, c in part.CHECKS.items() if only in n}) for part in _PARTS]
    parts = [(part, checks) for part, checks in chosen if checks]
    for part, _ in parts:
        part.prepare(inside)
    if only in _PROGRAM:
        failed += not await _judge(_PROGRAM, lambda _: checks_program.watch(program), inside)
    drivers = Supervisor(inside.devices(), inside.listener)
    async with running(drivers.run(), inside.acm_unit.run(), inside.bridge_unit.run()):
        for _, checks in parts:
            for name, check in checks.items():
                failed += not await _judge(name, check, inside)
    return failed


async def _judge(name: str, check: Check, inside: Inside) -> bool:
    try:
        detail = await check(inside)
    except Skip as reason:
        print(f"SKIP {name}: {reason}")
    except Exception as error:  # noqa: BLE001  whatever it is, the other checks go on
        traceback.print_exc()
        print(f"FAIL {name}: {type(error).__name__}: {error}")
        return False
    else:
        print(f"PASS {name}: {detail}")
    return True


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    sys.exit(bool(asyncio.run(main(sys.argv[1], " ".join(sys.argv[2:])))))
