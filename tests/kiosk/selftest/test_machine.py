"""The machine's own faults, one at a time, each one red line: disk, store, key, security chip, printer."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.config import Config
from kiosk.data_dir import key_file, store_dir, unit_file
from kiosk.selftest.alone import _check_store
from kiosk.selftest.machine import check_machine
from kiosk.selftest.report import Part, Problem, Verdict
from offline_queue.slots import add_slot
from tests.fakes.tpm import SoftwareTpm
from tests.kiosk.selftest.found import Found, reds
from tests.kiosk.whole import config_in, with_chip
from tests.offline_queue.helpers import pems


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """A file system of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m", "none", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def harm_machine(config: Config, fault: str) -> None:
    data = config.kiosk.data_dir
    if fault == "disk read-only":
        subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True)
    elif fault == "disk full":
        (data / "filler").write_bytes(bytes(80 * 1024**2))
    elif fault == "key readable":
        key_file(config).chmod(0o644)
    elif fault == "key of another":
        key_file(config).write_bytes(bytes(32))
    elif fault == "units damaged":
        unit_file(config).write_text('{"format": 1, "units": [{"address"')


def install(directory: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of the system that answers so."""
    tool = directory / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")


PAUSED = "printer Bureau disabled since Sat Nov 28 22:31:30 2026 -\n\tPaper jam\n\tAlerts: paused\n"


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("none", []),
        ("disk read-only", [(Part.DISK, Problem.NOT_WRITABLE)]),
        ("disk full", [(Part.DISK, Problem.NEARLY_FULL)]),
        ("key readable", [(Part.KEY, Problem.KEY_READABLE_BY_OTHERS)]),
        ("key of another", [(Part.STORE, Problem.WRONG_KEY_OR_DAMAGED)]),
        ("printer paused", [(Part.PRINTER, Problem.PAUSED)]),
        ("units damaged", [(Part.BLUETOOTH, Problem.UNITS_UNUSABLE)]),
    ],
)
async def test_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, found: list[Found]
) -> None:
    data, tools = tmp_path / "data", tmp_path / "tools"
    data.mkdir()
    tools.mkdir()
    config = config_in(data)
    if fault == "printer paused":
        install(tools, "lpstat", f"printf '{PAUSED}'", monkeypatch)
    with small_disk(data):
        await _check_store(config)
        harm_machine(config, fault)
        store, _ = await _check_store(config)
        checks = await check_machine(config, store)
    assert reds(checks) == found
    left = {Part.DISK, Part.STORE, Part.KEY, Part.TPM, Part.SCREEN} - {check.part for check in checks}
    assert not left


@pytest.mark.parametrize(("has_chip", "part"), [(True, Part.KEY), (False, Part.TPM)])
async def test_that_the_key_is_in_a_file_only_is_said_once(
    tpm: SoftwareTpm, tmp_path: Path, has_chip: bool, part: Part
) -> None:
    config = config_in(tmp_path)
    store, _ = await _check_store(config)
    add_slot(store_dir(config), bytes(32), "agency", pems(X25519PrivateKey.generate())[1])
    checks = await check_machine(with_chip(config, tpm.device if has_chip else ""), store)
    assert [check.part for check in checks if check.verdict is Verdict.AMBER] == [part]
