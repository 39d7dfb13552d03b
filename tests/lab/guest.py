"""Runs in the guest: prepares each part, runs the program, prints one line for each check."""

import asyncio
import logging
import sys
import traceback

from tests.drivers.listener import running
from tests.lab import checks_bluetooth, checks_camera, checks_program, checks_serial, checks_supercamera
from tests.lab.room_inside import Check, Inside, Skip

_PARTS = (checks_serial, checks_bluetooth, checks_camera, checks_supercamera, checks_program)
_MAY_SKIP = (checks_camera.PULLED,)


async def main(program: str, only: str) -> int:
    inside, failed = Inside(program), 0
    chosen = [(part, {n: c for n, c in part.CHECKS.items() if only in n}) for part in _PARTS]
    parts = [(part, checks) for part, checks in chosen if checks]
    for part, _ in parts:
        part.prepare(inside)
    units = (inside.acm_unit, inside.bridge_unit, inside.old_unit)
    async with running(inside.program.watch(), *(unit.run() for unit in units)):
        for _, checks in parts:
            for name, check in checks.items():
                failed += not await _judge(name, check, inside)
    return failed


async def _judge(name: str, check: Check, inside: Inside) -> bool:
    try:
        detail = await check(inside)
    except Skip as reason:
        print(f"{'SKIP' if name in _MAY_SKIP else 'FAIL'} {name}: {reason}")
        return name in _MAY_SKIP
    except Exception as error:  # noqa: BLE001  whatever it is, the other checks go on
        traceback.print_exc()
        print(f"FAIL {name}: {type(error).__name__}: {error}")
        return False
    print(f"PASS {name}: {detail}")
    return True


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    sys.exit(bool(asyncio.run(main(sys.argv[1], " ".join(sys.argv[2:])))))
