"""A keeper and a hub over a real outbox: what the tests of the record share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from devices.metrics import BODY_TEMPERATURE
from devices.reading import Clock, DeviceIdentity, Kind, Quantity, Reading
from kiosk.events import Event
from kiosk.hub import Hub
from kiosk.keeper import Keeper, now
from kiosk.record import SiteInfo
from kiosk.session import Consent, Patient, Sex
from offline_queue.outbox import Outbox

KEY = bytes(range(32))
SITE = SiteInfo(
    organization_id="1990000001",
    finess="990000001",
    name="Maison de santé TEST",
    location_id="room-01",
    location_name="Cabine 01 (TEST)",
    kiosk_id="FE-ED-AB-EE-DE-AD-77-01",
    kiosk_name="Cabine 01",
    serial="KIOSK-0001",
    software_version="0.1.0",
    physician_rpps="99900000011",
    physician_family="TEST-MEDECIN",
    physician_given="Camille",
)
PATIENT = Patient(uuid4(), "TEST-KIOSQUE", "Dominique", date(1969, 5, 14), Sex.FEMALE)


class Bench:
    """One kiosk's record. `told` is everything the screens were told."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.told: list[Event] = []
        self.keeper = Keeper(outbox, SITE, self.told.append)
        self.hub = Hub(self.keeper, self.told.append)

    async def consult(self) -> str:
        """Receive a consenting patient; returns the outbox stream of the session."""
        self.keeper.begin()
        self.keeper.identify(PATIENT)
        await self.keeper.answer_consent(consent(given=True))
        assert self.keeper.session is not None
        return str(self.keeper.session.id)

    def heard(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.told if isinstance(event, kind)]


@asynccontextmanager
async def bench(directory: Path) -> AsyncIterator[Bench]:
    outbox = await Outbox.open(directory, KEY, SITE.kiosk_id)
    try:
        yield Bench(outbox)
    finally:
        await outbox.close()


def consent(given: bool) -> Consent:
    return Consent("1", "fr", "J'accepte d'être vu par un médecin à distance.", given, now())


def temperature(value: str = "37.2", ago_s: float = 0.0, clock: Clock = Clock.KIOSK) -> Reading:
    return Reading(
        id=uuid4(),
        kind=Kind.THERMOMETER,
        identity=DeviceIdentity("sig_thermometer", "TestMed", "T-SIM", "TH-0001"),
        taken_at=now() - timedelta(seconds=ago_s),
        clock=clock,
        quantities=(Quantity(BODY_TEMPERATURE, Decimal(value)),),
        raw=b"\x00",
    )
