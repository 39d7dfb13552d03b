"""Synthetic people, sites and readings for the tests of the record."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from devices import metrics
from devices.reading import (
    Absent,
    Attachment,
    Clock,
    DeviceIdentity,
    Kind,
    Quality,
    Quantity,
    Reading,
)
from kiosk.record import SiteInfo
from kiosk.session import (
    Consent,
    Decision,
    Incident,
    IncidentKind,
    LineMinute,
    Outcome,
    Patient,
    Phase,
    Session,
    SessionKind,
    Sex,
)

SITE = SiteInfo(
    organization_id="1990000001",
    finess="990000001",
    name="Maison de santé TEST",
    location_id="kiosk-room-01",
    location_name="Cabine de téléconsultation 01 (TEST)",
    kiosk_id="FE-ED-AB-EE-DE-AD-77-01",
    kiosk_name="Cabine 01",
    serial="KIOSK-0001",
    software_version="0.1.0",
    physician_rpps="99900000011",
    physician_family="TEST-MEDECIN",
    physician_given="Camille",
)
OPENED_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ADDRESS = "00:00:5E:00:53:02"
NAMES = UUID("5d1f6f0e-3f2c-4a53-9a59-5ad2a1a4c001")


def session(name: str = "S-0001") -> Session:
    """A session in consultation, with its consent given."""
    patient = Patient(
        uuid5(NAMES, name + "patient"),
        "TEST-KIOSQUE",
        "Dominique",
        date(1969, 5, 14),
        Sex.FEMALE,
        "269054958815780",
    )
    consent = Consent("3", "fr", "Texte synthétique affiché.", True, OPENED_AT + timedelta(minutes=1))
    return Session(
        uuid5(NAMES, name),
        name,
        SessionKind.TELECONSULTATION,
        OPENED_AT,
        Phase.CONSULTATION,
        patient,
        consent,
    )


def closed(name: str = "S-0001") -> Session:
    """The same session at its end, with two incidents."""
    now = session(name)
    return Session(
        now.id,
        now.number,
        now.kind,
        now.opened_at,
        Phase.CLOSING,
        now.patient,
        now.consent,
        readings=tuple(r.id for r in readings(name)),
        set_aside=(uuid5(NAMES, "old"),),
        set_aside_more=2,
        decisions=(
            Decision(uuid5(NAMES, "old"), False, OPENED_AT + timedelta(minutes=4)),
            Decision(readings(name)[1].id, True, OPENED_AT + timedelta(minutes=5)),
        ),
        used=frozenset(Kind),
        incidents=(
            Incident(IncidentKind.CALL_LOST, OPENED_AT + timedelta(minutes=5)),
            Incident(IncidentKind.INSTRUMENT_LOST, OPENED_AT + timedelta(minutes=6), "Oxymètre"),
        ),
        line=(
            LineMinute(OPENED_AT + timedelta(minutes=4), 52, 12, 840, 610, 3, 0),
            LineMinute(OPENED_AT + timedelta(minutes=5), None, None, 0, 0, None, 48),
        ),
        physician_joined_at=OPENED_AT + timedelta(minutes=2),
        closed_at=OPENED_AT + timedelta(minutes=25),
        outcome=Outcome.COMPLETED,
    )


def readings(name: str = "S-0001") -> tuple[Reading, ...]:
    """One of each kind of instrument, then an oximeter without a finger."""
    oximeter = (
        Quantity(metrics.SPO2, Decimal("97")),
        Quantity(metrics.PULSE_RATE, Decimal("72")),
        Quantity(metrics.PERFUSION_INDEX, Decimal("3.40")),
    )
    cuff = (
        Quantity(metrics.SYSTOLIC, Decimal("128")),
        Quantity(metrics.DIASTOLIC, Decimal("78")),
        Quantity(metrics.MEAN_PRESSURE, absent=Absent.NOT_APPLICABLE),
        Quantity(metrics.CUFF_PULSE_RATE, Decimal("71")),
    )
    no_finger = (
        Quantity(metrics.SPO2, absent=Absent.SENSOR_OFF),
        Quantity(metrics.PULSE_RATE, absent=Absent.INVALID),
    )
    still = Attachment("image/jpeg", b"\xff\xd8synthetic\xff\xd9", "Tympan droit")
    clip = Attachment("audio/flac", b"fLaC" + b"\0" * 4000, "mitral")
    doubtful = frozenset({Quality.IRREGULAR_PULSE, Quality.MOTION})
    return (
        _reading(name, Kind.OXIMETER, oximeter),
        _reading(name, Kind.CUFF, cuff, quality=doubtful),
        _reading(name, Kind.THERMOMETER, (Quantity(metrics.BODY_TEMPERATURE, Decimal("37.20")),)),
        _reading(name, Kind.OTOSCOPE, (), still),
        _reading(name, Kind.STETHOSCOPE, (), clip),
        _reading(name, Kind.OXIMETER, no_finger, which="second"),
    )


def _reading(
    name: str,
    kind: Kind,
    quantities: tuple[Quantity, ...],
    attachment: Attachment | None = None,
    quality: frozenset[Quality] = frozenset(),
    which: str = "first",
) -> Reading:
    identity = DeviceIdentity(
        f"sig_{kind.value}", "TestMed", f"{kind.value}-SIM", f"{kind.value}-7", "1.2.0", ADDRESS
    )
    taken_at = OPENED_AT + timedelta(minutes=3)
    return Reading(
        uuid5(NAMES, name + kind.value + which),
        kind,
        identity,
        taken_at,
        Clock.KIOSK,
        quantities,
        quality,
        b"\x01\x02",
        attachment,
    )
