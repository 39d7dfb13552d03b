"""A key sealed by the chip, through the true systemd-creds, in a software TPM."""

import base64
import os
import shutil
from pathlib import Path

import pytest

from offline_queue import tpm as module
from offline_queue.tpm import NO_CHIP, Chip, ChipError
from tests.fakes.tpm import SoftwareTpm, software_tpm
from tests.offline_queue.helpers import KEY

BY_TPM2 = base64.b64encode(bytes.fromhex("0c7cc07b117645919c4b0bea08bc20fe") + bytes(99)).decode()


def instead_of_systemd_creds(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = directory / "systemd-creds"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")


def test_what_a_chip_sealed_it_opens_and_no_other_does(tpm: SoftwareTpm, tmp_path: Path) -> None:
    sealed = tpm.chip.seal(KEY)
    assert tpm.chip.unseal(sealed) == KEY
    assert KEY not in sealed and KEY not in base64.b64decode(sealed)
    with software_tpm(tmp_path / "other") as other, pytest.raises(ChipError):
        other.chip.unseal(sealed)
    with pytest.raises(ChipError):
        NO_CHIP.unseal(sealed)


def test_it_is_the_same_chip_after_the_power_was_off_and_another_when_cleared(tmp_path: Path) -> None:
    state = tmp_path / "tpm"
    with software_tpm(state) as chip:
        sealed = chip.chip.seal(KEY)
    with software_tpm(state) as again:
        assert again.chip.unseal(sealed) == KEY
    shutil.rmtree(state)
    with software_tpm(state) as cleared, pytest.raises(ChipError):
        cleared.chip.unseal(sealed)


def test_a_new_kernel_or_firmware_does_not_lock_the_key_in(tmp_path: Path) -> None:
    """Whatever was measured at the start (docs/security.md says why nothing is bound to it)."""
    with software_tpm(tmp_path / "tpm") as chip:
        sealed = chip.chip.seal(KEY)
        for pcr in (*range(17), 23):
            chip.measure(pcr)
        assert chip.chip.unseal(sealed) == KEY


def test_one_flipped_bit_is_noticed(tpm: SoftwareTpm) -> None:
    sealed = bytearray(base64.b64decode(tpm.chip.seal(KEY)))
    sealed[-1] ^= 1
    with pytest.raises(ChipError):
        tpm.chip.unseal(base64.b64encode(sealed))


def test_the_key_is_in_no_command_line_and_the_environment_is_nearly_empty(
    tpm: SoftwareTpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = shutil.which("systemd-creds")
    script = f'echo "$*" >>{tmp_path}/words; env | cut -d= -f1 >>{tmp_path}/names; exec {true} "$@"'
    instead_of_systemd_creds(tmp_path, script, monkeypatch)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/libraries/of/the/application")
    assert tpm.chip.unseal(tpm.chip.seal(KEY)) == KEY
    words = (tmp_path / "words").read_text()
    assert words.count("encrypt") == 1 and words.count("decrypt") == 2
    assert not [secret for secret in (KEY.hex(), base64.b64encode(KEY).decode()) if secret in words]
    assert set((tmp_path / "names").read_text().split()) <= {"PATH", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"}


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo 'a\nthe chip is locked' >&2; exit 1", "the chip is locked"),
        ("exit 1", "ended with 1"),
        ("exec sleep 60", "no answer"),
        ("exec cat", "without the chip"),  # as systemd 256 may do, with a key of the disk
        (f"[ $1 = decrypt ] && printf %032d 0 || echo {BY_TPM2}", "another key"),
    ],
)
def test_nothing_but_a_key_that_the_chip_sealed_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    instead_of_systemd_creds(tmp_path, script, monkeypatch)
    monkeypatch.setattr(module, "LIMIT_S", 0.5)
    with pytest.raises(ChipError, match=says):
        Chip().try_out()


def test_a_machine_without_systemd_has_no_chip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChipError, match="cannot be started"):
        Chip().try_out()


def test_nobody_at_that_address() -> None:
    with pytest.raises(ChipError):
        Chip("swtpm:host=127.0.0.1,port=9").try_out()
