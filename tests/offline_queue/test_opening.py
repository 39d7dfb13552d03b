"""What is refused when the outbox is opened, and that a refusal changes nothing."""

import asyncio
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlcipher3 import dbapi2 as sqlcipher

from offline_queue.ballast import BALLAST
from offline_queue.database import open_database
from offline_queue.errors import OutboxReason
from offline_queue.lock import LOCK
from offline_queue.migrate import migrations
from offline_queue.outbox import Counts, Outbox
from offline_queue.outcome import Delivered
from offline_queue.sentinel import DATABASE, SENTINEL, WITNESS
from tests.offline_queue.helpers import KEY, OWNER, new, opening_fails

SECRET = b"Patiente Synthetique TEST-4711 SpO2 97 "


async def filled(directory: Path, items: int = 3) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    await outbox.put([new(f"i{n}") for n in range(items)])
    await outbox.close()


async def still_there(directory: Path, items: int = 3) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    assert await outbox.counts() == Counts(waiting=items)
    await outbox.close()


def sql(directory: Path, statement: str) -> None:
    connection = sqlcipher.connect(str(directory / DATABASE), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    connection.execute(statement)
    connection.close()


async def test_wrong_key(directory: Path) -> None:
    await filled(directory)
    before = (directory / DATABASE).read_bytes()
    assert await opening_fails(directory, key=bytes(32)) is OutboxReason.WRONG_KEY_OR_DAMAGED
    assert (directory / DATABASE).read_bytes() == before
    await still_there(directory)


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
async def test_no_proper_key(directory: Path, key: bytes) -> None:
    assert await opening_fails(directory, key=key) is OutboxReason.WRONG_KEY_OR_DAMAGED
    assert not directory.exists()


@pytest.mark.parametrize("offset", [3, 50, 4000])
async def test_damaged_first_page(directory: Path, offset: int) -> None:
    await filled(directory)
    content = bytearray((directory / DATABASE).read_bytes())
    content[offset] ^= 1
    (directory / DATABASE).write_bytes(content)
    assert await opening_fails(directory) is OutboxReason.WRONG_KEY_OR_DAMAGED
    assert (directory / DATABASE).read_bytes() == content


async def test_the_database_is_gone(directory: Path) -> None:
    await filled(directory)
    (directory / DATABASE).rename(directory / "elsewhere")
    assert await opening_fails(directory) is OutboxReason.MISSING
    assert not (directory / DATABASE).exists()
    (directory / "elsewhere").rename(directory / DATABASE)
    await still_there(directory)


@pytest.mark.parametrize("with_sentinel", [True, False])
async def test_the_database_is_empty(directory: Path, with_sentinel: bool) -> None:
    await filled(directory)
    (directory / DATABASE).write_bytes(b"")
    if not with_sentinel:
        (directory / SENTINEL).unlink()
    assert await opening_fails(directory) is OutboxReason.MISSING
    assert (directory / DATABASE).read_bytes() == b""


async def test_another_database_was_put_in_its_place(directory: Path) -> None:
    """With the right key, yet without our tables."""
    await filled(directory)
    (directory / DATABASE).unlink()
    sql(directory, "CREATE TABLE other (a)")
    assert await opening_fails(directory) is OutboxReason.MISSING


async def test_the_sentinel_rises_on_the_way(directory: Path) -> None:
    """Also without a clean end: a killed kiosk's lost database must be noticed."""
    outbox = await Outbox.open(directory, KEY, OWNER)
    for n in range(130):
        await outbox.put([new(f"i{n}")])
    await outbox.counts()  # the worker is past the raising
    assert '"sequence": 128' in (directory / SENTINEL).read_text()
    await outbox.close()
    assert '"sequence": 130' in (directory / SENTINEL).read_text()


@pytest.mark.parametrize("content", [None, b"", b"{]", b'{"owner": 1}'])
async def test_a_lost_or_damaged_sentinel_is_written_anew(directory: Path, content: bytes | None) -> None:
    await filled(directory)
    intact = (directory / SENTINEL).read_bytes()
    (directory / SENTINEL).unlink() if content is None else (directory / SENTINEL).write_bytes(content)
    await still_there(directory)
    assert (directory / SENTINEL).read_bytes() == intact


async def test_another_kiosks_outbox(directory: Path) -> None:
    await filled(directory)
    assert await opening_fails(directory, owner="another") is OutboxReason.NOT_OURS
    (directory / SENTINEL).unlink()
    assert await opening_fails(directory, owner="another") is OutboxReason.NOT_OURS
    await still_there(directory)


async def test_a_newer_schema_is_refused(directory: Path) -> None:
    await filled(directory)
    latest = migrations()[-1][0]
    sql(directory, f"PRAGMA user_version = {latest + 1}")
    assert await opening_fails(directory) is OutboxReason.NEWER_SCHEMA
    sql(directory, f"PRAGMA user_version = {latest}")
    await still_there(directory)


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


async def test_a_crash_while_creating_leaves_nothing_that_counts(directory: Path) -> None:
    directory.mkdir()
    for name in (f"{DATABASE}.0badcafe.new", f"{DATABASE}.0badcafe.new-wal", "outbox.ballast.0badcafe.new"):
        (directory / name).write_bytes(b"half")
    await filled(directory)
    assert not list(directory.glob("*.new*"))
    await still_there(directory)


async def test_two_at_once_in_one_process(directory: Path) -> None:
    first = await Outbox.open(directory, KEY, OWNER)
    assert await opening_fails(directory) is OutboxReason.BUSY
    await first.put([new("a")])
    await first.close()
    await still_there(directory, 1)


async def test_a_second_process_is_refused(directory: Path) -> None:
    first = await Outbox.open(directory, KEY, OWNER)
    program = (
        "import asyncio, pathlib, sys\n"
        "from tests.offline_queue.helpers import opening_fails\n"
        "print(asyncio.run(opening_fails(pathlib.Path(sys.argv[1]))))\n"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(directory), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    assert output.decode().strip() == "busy"
    await first.put([new("a")])
    await first.close()
    await still_there(directory, 1)


async def test_only_the_owner_may_read_the_files(directory: Path) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    await outbox.put([new("a")])
    modes = {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}
    await outbox.close()
    assert set(modes) == {DATABASE, f"{DATABASE}-wal", SENTINEL, BALLAST, LOCK, f"{WITNESS}00000001-1"}
    assert set(modes.values()) == {0o600}
    assert directory.stat().st_mode & 0o777 == 0o700


async def test_no_byte_of_a_payload_is_on_the_disk_in_clear(directory: Path) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    payload = SECRET * 400
    await outbox.put([new("a", payload=payload)], {"session": payload})
    in_use = [path.read_bytes() for path in directory.iterdir()]
    await outbox.close()
    closed = [path.read_bytes() for path in directory.iterdir()]
    assert sum(map(len, in_use)) > len(payload) * 2
    for content in in_use + closed:
        assert SECRET[:12] not in content
        assert not content.startswith(b"SQLite format 3")


async def test_a_delivered_payload_is_gone_for_who_has_the_key(directory: Path) -> None:
    """Decrypted with the right key, no page of the database holds it any more (secure_delete)."""
    outbox = await Outbox.open(directory, KEY, OWNER)
    await outbox.put([new("a", payload=SECRET * 400), new("b", payload=b"The one that waits. " * 50)])
    await outbox.claim(0)
    await outbox.settle("a", Delivered("r"), 0)
    await outbox.close()
    content = decrypted((directory / DATABASE).read_bytes())
    assert b"The one that waits." in content
    assert SECRET[:12] not in content


def decrypted(database: bytes) -> bytes:
    """All pages, used or free, by the published format: AES-256-CBC, 4096 byte pages that end with the IV (16
    bytes) and the HMAC-SHA512 (64), the first one beginning with the salt (https://www.zetetic.net/sqlcipher/design/).
    """
    pages = [database[start : start + 4096] for start in range(0, len(database), 4096)]
    pages[0] = pages[0][16:]
    return b"".join(
        Cipher(algorithms.AES(KEY), modes.CBC(page[-80:-64])).decryptor().update(page[:-80])
        for page in pages
        if any(page)
    )


def test_what_is_acknowledged_is_on_the_disk_and_ours_alone(tmp_path: Path) -> None:
    """WAL with FULL survives a power cut; EXCLUSIVE keeps every other process out; secure_delete destroys."""
    connection = open_database(tmp_path, KEY, OWNER)
    wanted = {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive", "secure_delete": 1}
    found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    connection.close()
    assert found == wanted
