"""Whether a reading is this patient's. Pure: the reading, the session and the time in, an answer out."""

from datetime import datetime, timedelta

from devices.reading import Clock, Quality, Reading
from kiosk.session import IncidentKind, Phase, Session

_AHEAD = timedelta(seconds=30)  # of our own clock; a device that is further ahead does not know the time
_JUST_NOW = timedelta(minutes=2)  # from the end of a measurement to its delivery
_OVER = (Phase.CLOSING, Phase.CLOSED)


def is_consulting(session: Session | None) -> bool:
    """Measurements are asked for."""
    return session is not None and session.phase is Phase.CONSULTATION


def is_over(session: Session | None) -> bool:
    return session is None or session.phase in _OVER


def doubt(reading: Reading, session: Session | None, now: datetime) -> Quality | None:
    """Why it may be somebody else's; None for what was measured in this consultation.

    Our own clock stamps what arrives: that is live, also when the clock was set back since. A device's clock
    that runs ahead would date an old memory into this consultation: one that we could not read is believed
    only for what it dates to this very moment. Device clocks count whole seconds, so the consultation's first
    second is compared without its fraction.
    """
    began_at = _began_at(session)
    if _is_undated(reading) or reading.taken_at > now + _AHEAD:
        return Quality.TIME_UNSURE
    live = reading.clock is Clock.KIOSK
    if began_at is None or not (live or reading.taken_at >= began_at.replace(microsecond=0)):
        return Quality.BEFORE_CONSULTATION
    if reading.clock is Clock.DEVICE and now - reading.taken_at > _JUST_NOW:
        return Quality.TIME_UNSURE
    return None


def _began_at(session: Session | None) -> datetime | None:
    """Since when measurements are asked for: since the consent, or since a restart was overcome."""
    if session is None or session.consent is None or not is_consulting(session):
        return None
    restarts = (i.at for i in session.incidents if i.kind is IncidentKind.KIOSK_RESTARTED)
    return max((session.consent.at, *restarts))


def may_wait(reading: Reading, session: Session | None) -> bool:
    """Whether to keep what comes outside a consultation: it may be of the person whose form is filled in.

    Not once the consultation is over, and not what holds no measured value; a recording was asked for, and
    whoever asked has gone.
    """
    if Quality.RECORDING in reading.quality:
        return is_consulting(session)
    ended = session is not None and session.phase in _OVER
    return not ended and any(quantity.value is not None for quantity in reading.quantities)


def is_of_earlier_patient(reading: Reading, ended_at: datetime | None) -> bool:
    """A clock that we have read dates it before the session before this one had ended.

    A recording is of whoever wore the instrument: the helper has asked for it.
    """
    if Quality.RECORDING in reading.quality:
        return False
    return ended_at is not None and reading.clock is Clock.CORRECTED and reading.taken_at <= ended_at


def age(reading: Reading, now: datetime) -> timedelta:
    """How long ago it was measured, as far as its clock can be believed; else it is as new as it looks."""
    if reading.clock is Clock.DEVICE or Quality.TIME_UNSURE in reading.quality:
        return timedelta(0)
    return max(timedelta(0), now - reading.taken_at)


def _is_undated(reading: Reading) -> bool:
    undated_memory = reading.clock is Clock.KIOSK and Quality.FROM_MEMORY in reading.quality
    return undated_memory or Quality.TIME_UNSURE in reading.quality
