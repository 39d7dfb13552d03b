"""A whole kiosk whose key is in the chip: its start, what its self-test says, and what its screen says."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.assembly import _open_outbox
from kiosk.config import Config
from kiosk.data_dir import chip, key_file, store_dir
from kiosk.selftest.alone import check_alone
from kiosk.selftest.keys import check_keys
from kiosk.selftest.report import Check, Part, Problem, Verdict
from offline_queue.keys import load_key, replace_key, sealed_file
from offline_queue.rotation import ready_key
from offline_queue.sealing import seal_key
from offline_queue.slots import add_slot
from tests.fakes.call_bench import PAGE_DIR
from tests.fakes.tpm import SoftwareTpm, software_tpm
from tests.kiosk.test_runtime import LIMIT_S, started
from tests.kiosk.whole import config_in, whole_kiosk, with_chip
from tests.offline_queue.helpers import pems


def add_organisation(config: Config) -> None:
    key = ready_key(store_dir(config), key_file(config), chip(config))
    add_slot(store_dir(config), key, "agency", pems(X25519PrivateKey.generate())[1])


async def checks(config: Config) -> tuple[Check, Check]:
    return await check_keys(key_file(config), store_dir(config), chip(config))


async def test_a_new_kiosk_runs_on_a_key_that_was_never_in_a_file(tpm: SoftwareTpm, tmp_path: Path) -> None:
    config = with_chip(config_in(tmp_path), tpm.device)
    async with whole_kiosk(config) as whole:
        await whole.consult()
    async with whole_kiosk(config) as whole:
        assert not whole.kiosk.is_idle, "it knows the session that was cut"
    assert sorted(path.name for path in tmp_path.glob("outbox.key*")) == ["outbox.key.tpm"]
    key = load_key(key_file(config), tpm.chip)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and key in path.read_bytes()]


def test_a_kiosk_whose_chip_was_replaced_says_so_and_makes_no_new_key(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with software_tpm(tmp_path / "tpm") as own, software_tpm(tmp_path / "other") as other:
        for device, first in ((own.device, "ready"), (other.device, "blocked")):
            boot, screens = started(with_chip(config_in(data), device))
            told = screens.told.get(timeout=LIMIT_S)
            boot.stop()
            assert told[0] == first
            before = {path.name: path.read_bytes() for path in data.glob("outbox.key*")}
    assert told[1] == "key_not_unsealed"
    assert list(before) == ["outbox.key.tpm"]


async def test_the_loop_does_not_wait_for_the_chip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "systemd-creds"
    tool.write_text("#!/bin/sh\nsleep 1; exit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    opening = asyncio.create_task(_open_outbox(with_chip(config_in(tmp_path / "data"), "auto")))
    longest, last = 0.0, time.monotonic()
    while not opening.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    await (await opening).close()
    assert longest < 0.7


# --- the self-test


async def test_a_sealed_key_with_an_organisation_is_green(tpm: SoftwareTpm, tmp_path: Path) -> None:
    config = with_chip(config_in(tmp_path), tpm.device)
    await (await _open_outbox(config)).close()
    key, _ = await checks(config)
    assert (key.verdict, key.problem) == (Verdict.AMBER, Problem.NO_RECOVERY_KEY)
    add_organisation(config)
    assert [check.verdict for check in await checks(config)] == [Verdict.GREEN, Verdict.GREEN]
    sealed_file(key_file(config)).chmod(0o640)
    key, _ = await checks(config)
    assert (key.verdict, key.problem) == (Verdict.RED, Problem.KEY_READABLE_BY_OTHERS)


async def test_a_key_in_a_file_beside_a_chip_is_to_be_moved(tpm: SoftwareTpm, tmp_path: Path) -> None:
    add_organisation(config_in(tmp_path))
    config = with_chip(config_in(tmp_path), tpm.device)
    key, own = await checks(config)
    assert (key.verdict, key.problem, own.verdict) == (Verdict.AMBER, Problem.KEY_NOT_IN_TPM, Verdict.GREEN)
    plain = key_file(config).read_bytes()
    seal_key(key_file(config), tpm.chip)
    assert [check.verdict for check in await checks(config)] == [Verdict.GREEN, Verdict.GREEN]
    replace_key(key_file(config), plain)  # as when the sealing was killed before the file went
    key, _ = await checks(config)
    assert (key.verdict, key.problem) == (Verdict.AMBER, Problem.KEY_NOT_IN_TPM)


@pytest.mark.parametrize("device", ["", "swtpm:host=127.0.0.1,port=9", "/dev/no-such-chip"])
async def test_a_kiosk_without_a_chip_is_called_weaker(tmp_path: Path, device: str) -> None:
    config = with_chip(config_in(tmp_path), device)
    add_organisation(config)
    key, own = await checks(config)
    assert (key.verdict, own.verdict, own.problem) == (Verdict.GREEN, Verdict.AMBER, Problem.NO_TPM)
    assert own.detail


async def test_a_key_that_the_chip_does_not_open_is_the_one_red_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with software_tpm(tmp_path / "tpm") as own, software_tpm(tmp_path / "other") as other:
        config = with_chip(config_in(data), own.device)
        await (await _open_outbox(config)).close()
        add_organisation(config)
        for device, says in ((other.device, Verdict.GREEN), ("swtpm:host=127.0.0.1,port=9", Verdict.SKIPPED)):
            report = await check_alone(with_chip(config, device), PAGE_DIR, 0.1)
            found = {check.part: check for check in report.checks}
            assert found[Part.KEY].problem is Problem.KEY_NOT_UNSEALED and found[Part.KEY].detail
            assert [check for check in report.reds if check.part in (Part.STORE, Part.TPM)] == []
            assert (found[Part.STORE].verdict, found[Part.STORE].because) == (Verdict.SKIPPED, Part.KEY)
            assert found[Part.TPM].verdict is says
