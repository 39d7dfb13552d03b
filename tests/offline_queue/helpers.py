"""What several tests of the outbox need."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outbox import Lane, NewItem, Outbox
from offline_queue.outcome import Backoff
from offline_queue.store import Store

KEY = bytes(range(32))
OWNER = "0011-22ff-fe33-4455"
NOW = 1_800_000_000.0
DAY_S = 86400.0
TO_THE_SECOND = Backoff(base_s=0.0, park_s=100.0)
"""Without jitter: what rests does so for as long as was asked."""

DaysPass = Callable[[Store, float, int], None]
"""The fixture `days_pass`."""


def new(name: str, stream: str = "s1", payload: bytes | None = None, lane: Lane = Lane.IN_ORDER) -> NewItem:
    return NewItem(name, stream, "reading", name.encode() if payload is None else payload, lane)


async def opening_fails(directory: Path, key: bytes = KEY, owner: str = OWNER) -> OutboxReason:
    """The reason why the outbox does not open."""
    try:
        outbox = await Outbox.open(directory, key, owner)
    except OutboxError as error:
        return error.reason
    await outbox.close()
    raise AssertionError("the outbox opened")


async def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is another process or a database
            await asyncio.sleep(0.01)


def pems(private: object, password: bytes | None = None) -> tuple[bytes, bytes]:
    """Private and public key as an organisation keeps them."""
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection),  # type: ignore[attr-defined]
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),  # type: ignore[attr-defined]
    )
