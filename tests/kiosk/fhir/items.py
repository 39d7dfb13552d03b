"""Outbox items of a synthetic session, as the kiosk queues them."""

from kiosk import record
from offline_queue.item import Item, ItemState
from tests.kiosk.records import SITE, closed, readings, session


def item(kind: str, payload: bytes, name: str, attempts: int = 0) -> Item:
    return Item(f"{name}-{kind}", name, kind, payload, 1, ItemState.WAITING, attempts, "", "")


def whole_session(name: str) -> tuple[Item, ...]:
    """Site, opening, six readings, close: in the order of the stream."""
    now = session(name)
    measured = tuple(
        item("reading", record.reading_payload(SITE, now, each), f"{name}-{number}")
        for number, each in enumerate(readings(name))
    )
    return (
        item("site", record.site_payload(SITE), name),
        item("open", record.open_payload(SITE, now), name),
        *measured,
        item("close", record.close_payload(SITE, closed(name), readings(name)), name),
    )
