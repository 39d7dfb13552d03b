"""A connection whose errors are OutboxErrors and whose transactions always end."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from sqlcipher3 import dbapi2 as sqlcipher

from offline_queue.errors import TRANSLATED, OutboxError, OutboxReason, meaning_of, translated

log = logging.getLogger(__name__)

T = TypeVar("T")
Row = tuple[Any, ...]
_FAILURES = (*TRANSLATED, OutboxError, MemoryError)


class Database:
    """Belongs to the thread that opened the connection."""

    def __init__(self, connection: Any, renew: Callable[[], Any] | None = None) -> None:
        """`renew`: makes another connection, for who goes on after a bad page; it may raise OutboxError."""
        self._connection, self._renew = connection, renew
        self._is_spoiled = self._is_writing = False

    @property
    def connection(self) -> Any:
        """One that has met a bad page gives nothing any more, sound pages neither: a fresh one follows it."""
        if self._is_spoiled and self._renew is not None and not self._is_writing:
            self.close()
            self._connection = self._renew()
            self._is_spoiled = False
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Durable when the block is left; taken back when it is left by an exception."""
        with self.guarded():
            connection = self._once_more(_begun)
            try:
                self._is_writing = True
                yield
                connection.execute("COMMIT")
            finally:
                self._is_writing = False
                self._take_back(connection)

    def _take_back(self, connection: Any) -> None:
        """One that has met a bad page may refuse even that: then closing it does the same."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlcipher.Error as error:
            log.warning("a transaction ends with its connection: %s", error)
            self._is_spoiled = True

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Around whatever uses the connection. Raises OutboxError."""
        try:
            yield
        except _FAILURES as error:
            self._fail(error)

    def _fail(self, error: Exception) -> NoReturn:
        """Raises what the error means."""
        meaning = _meaning(error)
        if meaning is None:
            raise error
        self._is_spoiled |= meaning.reason is OutboxReason.WRONG_KEY_OR_DAMAGED
        if meaning is error:
            raise error
        raise meaning from error

    def _once_more(self, job: Callable[[Any], T]) -> T:
        """Also with a fresh connection: SQLite may keep to itself, for a while, that it met a bad page."""
        try:
            return self._once(job)
        except OutboxError:
            if not self._is_spoiled or self._renew is None or self._is_writing:
                raise
        return self._once(job)

    def _once(self, job: Callable[[Any], T]) -> T:
        """As in `guarded`, which costs more than most statements do."""
        try:
            return job(self.connection)
        except _FAILURES as error:
            self._fail(error)

    def check(self) -> None:
        """Whether the connection is still good, after a transaction. Raises OutboxError."""
        with self.guarded():
            _begun(self.connection).execute("ROLLBACK")

    def change(self, sql: str, *values: object) -> int:
        """Returns the number of rows changed."""
        return self._once_more(lambda connection: int(connection.execute(sql, values).rowcount))

    def one(self, sql: str, *values: object) -> Row | None:
        rows = self.all(sql, *values)
        return rows[0] if rows else None

    def all(self, sql: str, *values: object) -> list[Row]:
        return self._once_more(lambda connection: list(connection.execute(sql, values).fetchall()))

    def number(self, sql: str) -> int:
        """The first column of the first row."""
        return int(self.all(sql)[0][0])

    def close(self) -> None:
        with translated():
            self._connection.close()


def _begun(connection: Any) -> Any:
    connection.execute("BEGIN IMMEDIATE")
    return connection


def _meaning(error: Exception) -> OutboxError | None:
    """Where SQLCipher cannot read a page while it writes, SQLite says that the memory is short."""
    if isinstance(error, OutboxError):
        return error
    if isinstance(error, MemoryError):
        detail = "a page cannot be read while another is written"
        return OutboxError(OutboxReason.WRONG_KEY_OR_DAMAGED, detail)
    return meaning_of(error)
