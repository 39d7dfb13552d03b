"""A connection whose errors are OutboxErrors and whose transactions always end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from offline_queue.errors import translated

Row = tuple[Any, ...]


class Database:
    """Belongs to the thread that opened the connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Durable when the block is left; taken back when it is left by an exception."""
        with translated():
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    def change(self, sql: str, *values: object) -> int:
        """Returns the number of rows changed."""
        with translated():
            return int(self.connection.execute(sql, values).rowcount)

    def one(self, sql: str, *values: object) -> Row | None:
        rows = self.all(sql, *values)
        return rows[0] if rows else None

    def all(self, sql: str, *values: object) -> list[Row]:
        with translated():
            rows: list[Row] = self.connection.execute(sql, values).fetchall()
            return rows

    def number(self, sql: str) -> int:
        """The first column of the first row."""
        return int(self.all(sql)[0][0])

    def close(self) -> None:
        with translated():
            self.connection.close()
