"""What stands in a record's way, from the reason that its last attempt left in the outbox."""

import re

from kiosk.fhir import late_openings
from kiosk.fhir.errors import FhirReason
from kiosk.outbox_reasons import Obstacle
from offline_queue.waiting import UNREADABLE

_BY_WORDS = {
    "content lost": Obstacle.CONTENT_LOST,
    UNREADABLE: Obstacle.DAMAGED,
    "this record cannot be sent": Obstacle.NOT_SENDABLE,
    "credential": Obstacle.CREDENTIAL,
    "missing or in conflict": Obstacle.CONFLICT,
    "does not take this resource": Obstacle.CONFLICT,
    "settings are wrong": Obstacle.SETTINGS,
    FhirReason.CONFIGURATION: Obstacle.SETTINGS,
    "refuses this record": Obstacle.REFUSED,
    FhirReason.NOT_REACHED: Obstacle.NO_ANSWER,
    FhirReason.NO_ANSWER: Obstacle.NO_ANSWER,
    FhirReason.TOO_LONG: Obstacle.NO_ANSWER,
    late_openings.REASON: Obstacle.NO_ANSWER,
    "not asked yet": Obstacle.NO_ANSWER,
}
_IN_TROUBLE = re.compile(r"HTTP (408|423|425|429|5\d\d)\b")


def obstacle(reason: str) -> Obstacle:
    """Also of reasons that an earlier version has left: those are OTHER, and shown as they are."""
    for words, meaning in _BY_WORDS.items():
        if words in reason:
            return meaning
    return Obstacle.IN_TROUBLE if _IN_TROUBLE.search(reason) else Obstacle.OTHER
