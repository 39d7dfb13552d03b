"""Weaker outboxes, made on purpose: the tests must notice each of them.

A mutant is the program with one text replaced, in a copy of the checkout; the tests of the outbox and of the
delivery run on it until the first one fails.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
_COPIED = ("kiosk", "devices", "drivers", "offline_queue", "ui", "tests", "pyproject.toml")
_TESTS = ("tests/offline_queue", "tests/kiosk/fhir")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mutant:
    """In `file`, `text` (which stands there once) becomes `weaker`."""

    name: str
    file: str
    text: str
    weaker: str


MUTANTS = (
    Mutant(
        "acknowledges before it commits",
        "offline_queue/outbox.py",
        "        await self._run(partial(self._store.put, tuple(items), dict(state), tuple(events)))\n",
        "        self._worker.submit(partial(self._store.put, tuple(items), dict(state), tuple(events)))\n",
    ),
    Mutant(
        "synchronous = NORMAL",
        "offline_queue/database.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
    ),
    Mutant(
        "a rollback journal (DELETE + FULL)",
        "offline_queue/database.py",
        'PRAGMA journal_mode = WAL").fetchone()[0]\n    if mode != "wal":\n',
        'PRAGMA journal_mode = DELETE").fetchone()[0]\n    if mode != "delete":\n',
    ),
    Mutant(
        "trusts a web page with status 200",
        "kiosk/fhir/answers.py",
        "    if document is None:\n",
        "    if document is None:\n"
        "        from offline_queue.outcome import Delivered\n\n"
        '        return Delivered("")\n',
    ),
    Mutant(
        "creates without a key",
        "kiosk/fhir/bundles.py",
        '{"method": "POST", "url": kind, "ifNoneExist": search_key(key["system"], key["value"], by)}',
        '{"method": "POST", "url": kind}',
    ),
    Mutant(
        "no witness",
        "offline_queue/putting.py",
        "                self._witness.append(Put(self.put_count + 1, fresh, state, told))\n",
        "",
    ),
    Mutant(
        "a witness that is not synced", "offline_queue/witness/log.py", "self._write(put, sync=True)",
        "self._write(put, sync=False)",
    ),
    Mutant(
        "nothing is taken back when the database refuses",
        "offline_queue/putting.py",
        "                self._witness.take_back()\n",
        "                pass\n",
    ),
    Mutant(
        "delivered payloads stay in the witness",
        "offline_queue/quiet.py",
        "        self._tidier.tidy()\n",
        "",
    ),
    Mutant(
        "the log does not know what the audit chain was told",
        "offline_queue/putting.py",
        "Put(self.put_count + 1, fresh, state, told)",
        "Put(self.put_count + 1, fresh, state)",
    ),
    Mutant(
        "an event is not bound to the one before",
        "offline_queue/audit/event.py",
        "hashlib.sha256(before + content.encode())",
        "hashlib.sha256(content.encode())",
    ),
    Mutant(
        "checkpoints that the server holds are not looked at",
        "offline_queue/audit/verify.py",
        "    vouched = [*own, *kept.checkpoints]\n",
        "    vouched = own\n",
    ),
    Mutant(
        "events go before they are delivered",
        "offline_queue/audit/chain.py",
        "SELECT 1 FROM item WHERE id = subject AND state <> 1",
        "SELECT 1 FROM item WHERE id = subject AND state > 9",
    ),
    Mutant(
        "an older copy of the database is taken for the whole",
        "offline_queue/reconcile.py",
        "        if ahead > 0:\n",
        "        if ahead > 10**9:\n",
    ),
)  # fmt: skip


def caught(
    mutants: Sequence[Mutant] = MUTANTS, tests: Sequence[str] = _TESTS
) -> Iterator[tuple[Mutant, str]]:
    """Each with the test that failed first, "" when none did. AssertionError: its text is not there."""
    with tempfile.TemporaryDirectory() as folder:
        failed = _first_failure(Path(folder), None, tests)
        assert not failed, f"the program as it is does not pass either: {failed}"
    for mutant in mutants:
        with tempfile.TemporaryDirectory() as folder:
            yield mutant, _first_failure(Path(folder), mutant, tests)


def _first_failure(folder: Path, mutant: Mutant | None, tests: Sequence[str]) -> str:
    for name in _COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for name in (".lab", ".venv-validate"):
        (folder / name).symlink_to(ROOT / name)
    if mutant is not None:
        _weaken(folder / mutant.file, mutant)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]
    failed = _FAILED.search(done.stdout)
    return failed[1] if failed else ""


def _weaken(file: Path, mutant: Mutant) -> None:
    source = file.read_text()
    assert source.count(mutant.text) == 1, f"{mutant.name}: its text stands {source.count(mutant.text)} times"
    file.write_text(source.replace(mutant.text, mutant.weaker))
