"""What guards the records: the key's file, and the security chip that could hold the key instead."""

import os
import stat
from pathlib import Path

from kiosk.command import run
from kiosk.selftest.report import Check, Part, Problem, amber, green, red
from offline_queue.errors import OutboxError
from offline_queue.slots import read_slots


async def check_keys(path: Path, store: Path) -> tuple[Check, Check]:
    """The key's file and the chip, and who else can open the `store`. That the key is in a file only is said
    once: by the chip where there is none, by the key where there is one.
    """
    chip = await check_tpm()
    return check_key(path, store, chip.problem is Problem.NONE), chip


async def check_tpm() -> Check:
    """The chip, its firmware, its driver and libraries, as systemd-creds sees them (systemd 251 or newer)."""
    said = await run("systemd-creds", "has-tpm2")
    detail = " ".join(said.text.split()) if said is not None else "systemd-creds -"
    usable = said is not None and said.code == 0
    return green(Part.TPM, detail=detail) if usable else amber(Part.TPM, Problem.NO_TPM, detail=detail)


def check_key(path: Path, store: Path, chip: bool) -> Check:
    """There, and readable by nobody else but the organisation. `chip`: one could hold it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return amber(Part.KEY, Problem.NOT_FOUND)
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        return red(Part.KEY, Problem.KEY_READABLE_BY_OTHERS)
    if not _is_recoverable(store):
        return amber(Part.KEY, Problem.NO_RECOVERY_KEY)
    return amber(Part.KEY, Problem.KEY_NOT_IN_TPM) if chip else green(Part.KEY)


def _is_recoverable(store: Path) -> bool:
    try:
        return bool(read_slots(store))
    except OutboxError:
        return False
