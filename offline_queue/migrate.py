"""Numbered SQL files bring a database to the schema of this program; `user_version` says how far it is."""

from importlib import resources
from typing import Any

from offline_queue.errors import OutboxError, OutboxReason


def migrations() -> list[tuple[int, str]]:
    """(number, SQL) in ascending order; the file names begin with the number."""
    folder = resources.files("offline_queue") / "migrations"
    scripts = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((int(entry.name.split("_")[0]), entry.read_text("utf-8")) for entry in scripts)


def schema_version(connection: Any) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: Any) -> None:
    """Each file is one transaction with its number. Raises OutboxError NEWER_SCHEMA, touching nothing."""
    steps = migrations()
    version = schema_version(connection)
    if version > steps[-1][0]:
        detail = f"the database has schema {version}, this program knows {steps[-1][0]}"
        raise OutboxError(OutboxReason.NEWER_SCHEMA, detail)
    for number, sql in steps:
        if number > version:
            _apply(connection, number, sql)


def _apply(connection: Any, number: int, sql: str) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
