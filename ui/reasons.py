"""The screens' own reasons: why the kiosk cannot start, why an answer is refused, what comes next."""

from enum import StrEnum


class BlockReason(StrEnum):
    """Why nobody can be received. The values are those of the outbox's own reasons, plus `start_failed`."""

    WRONG_KEY_OR_DAMAGED = "wrong_key_or_damaged"
    MISSING = "missing"
    OLDER = "older"
    SWAPPED = "swapped"
    NOT_OURS = "not_ours"
    DISK_FULL = "disk_full"
    IO_FAILED = "io_failed"
    BUSY = "busy"
    NEWER_SCHEMA = "newer_schema"
    KEY_MISSING = "key_missing"
    KEY_UNREADABLE = "key_unreadable"
    KEY_NOT_UNSEALED = "key_not_unsealed"
    START_FAILED = "start_failed"


def block_reason(value: str) -> BlockReason:
    """The reason of that name; one that the screens do not know is a failed start."""
    return BlockReason(value) if value in set(BlockReason) else BlockReason.START_FAILED


class FieldFault(StrEnum):
    """Why an answer on the identity screen is not accepted."""

    FAMILY_MISSING = "family_missing"
    GIVEN_MISSING = "given_missing"
    BIRTH_MISSING = "birth_missing"
    BIRTH_IMPOSSIBLE = "birth_impossible"
    BIRTH_FUTURE = "birth_future"
    BIRTH_TOO_OLD = "birth_too_old"
    SEX_MISSING = "sex_missing"
    INS_MALFORMED = "ins_malformed"


class Step(StrEnum):
    """What the helper should do next during the consultation."""

    PREPARING = "preparing"
    PASS_LINK = "pass_link"
    WAIT_CONNECTING = "wait_connecting"
    WAIT_RECONNECTING = "wait_reconnecting"
    MEASURE_OFFLINE = "measure_offline"
    TAMPERED = "tampered"
    PHYSICIAN_AWAY = "physician_away"
    PHYSICIAN_LEFT = "physician_left"
    COMPARE_WORDS = "compare_words"
    SET_ASIDE = "set_aside"
    OXIMETER = "oximeter"
    CUFF = "cuff"
    CUFF_RUNNING = "cuff_running"
    THERMOMETER = "thermometer"
    SCALE = "scale"
    GLUCOMETER = "glucometer"
    OTOSCOPE_RUNNING = "otoscope_running"
    STETHOSCOPE_RUNNING = "stethoscope_running"
    STETHOSCOPE_POINT = "stethoscope_point"
    STETHOSCOPE_NARROW = "stethoscope_narrow"
    STETHOSCOPE_RECORDING = "stethoscope_recording"
    FINISH = "finish"
