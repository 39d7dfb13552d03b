"""Why something waits or could not be copied; light, for the screens' sentences."""

from enum import StrEnum


class HeldState(StrEnum):
    WAITING = "waiting"
    RESTING = "resting"
    REFUSED = "refused"


class Obstacle(StrEnum):
    """What stands in a record's way."""

    NO_ANSWER = "no_answer"
    IN_TROUBLE = "in_trouble"
    CREDENTIAL = "credential"
    SETTINGS = "settings"
    CONFLICT = "conflict"
    REFUSED = "refused"
    NOT_SENDABLE = "not_sendable"
    CONTENT_LOST = "content_lost"
    DAMAGED = "damaged"
    OTHER = "other"


class CopyTrouble(StrEnum):
    """Why there is no copy."""

    NO_PLACE = "no_place"
    NO_OWNER_KEY = "no_owner_key"
    NO_ROOM = "no_room"
    FAILED = "failed"
