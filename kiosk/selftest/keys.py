"""What guards the records: the key, sealed by the security chip or in a file, and who else can open them."""

import asyncio
import os
import stat
from pathlib import Path

from kiosk.selftest.causes import after
from kiosk.selftest.report import Check, Part, Problem, Verdict, amber, green, red
from offline_queue.errors import OutboxError
from offline_queue.keys import load_key, sealed_file
from offline_queue.slots import read_slots
from offline_queue.tpm import Chip, ChipError


async def check_keys(path: Path, store: Path, chip: Chip) -> tuple[Check, Check]:
    """The key and the chip, and who else can open the `store`. That the key is in a file only is said
    once: by the chip where there is none, by the key where there is one.
    """
    if not sealed_file(path).exists():
        tpm = await check_tpm(chip)
        return check_key(path, store, tpm.problem is Problem.NONE), tpm
    key = check_key(path, store, chip=True)
    fault = await asyncio.to_thread(_unsealing_fault, path, chip)
    if not fault:
        return key, green(Part.TPM)
    tpm = await check_tpm(chip)  # it may be another one, which is no fault of its own
    if key.verdict is not Verdict.RED:
        key = red(Part.KEY, Problem.KEY_NOT_UNSEALED, detail=fault)
    return key, tpm if tpm.problem is Problem.NONE else after(tpm, Part.KEY)


async def check_tpm(chip: Chip) -> Check:
    """The chip as the key needs it: something is sealed, and opened again."""
    try:
        await asyncio.to_thread(chip.try_out)
    except ChipError as error:
        return amber(Part.TPM, Problem.NO_TPM, detail=str(error))
    return green(Part.TPM)


def check_key(path: Path, store: Path, chip: bool) -> Check:
    """There, and for nobody else but the organisation. `chip`: one could hold it, or does."""
    try:
        modes = [place.stat().st_mode for place in (path, sealed_file(path)) if place.exists()]
    except OSError:
        modes = []
    if not modes:
        return amber(Part.KEY, Problem.NOT_FOUND)
    if os.name == "posix" and any(stat.S_IMODE(mode) & 0o077 for mode in modes):
        return red(Part.KEY, Problem.KEY_READABLE_BY_OTHERS)
    if not _is_recoverable(store):
        return amber(Part.KEY, Problem.NO_RECOVERY_KEY)
    in_file = path.exists()  # also beside what was sealed, when that was cut short
    return amber(Part.KEY, Problem.KEY_NOT_IN_TPM) if chip and in_file else green(Part.KEY)


def _unsealing_fault(path: Path, chip: Chip) -> str:
    """Why the chip does not open the key; "" when it does."""
    try:
        load_key(path, chip)
    except OutboxError as error:
        return error.detail
    return ""


def _is_recoverable(store: Path) -> bool:
    try:
        return bool(read_slots(store))
    except OutboxError:
        return False
