"""A whole kiosk as the program assembles it: real store, rendezvous, call and drivers, but no screens."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from kiosk.assembly import assemble
from kiosk.config import (
    CallConfig,
    Config,
    KioskConfig,
    PhysicianConfig,
    RendezvousConfig,
    SiteConfig,
)
from kiosk.devices_config import DevicesConfig
from kiosk.events import CallChanged, Event, Notice, NoticeReason
from kiosk.fhir_config import FhirConfig
from kiosk.pin import hash_pin
from kiosk.service import Kiosk
from kiosk.session import Phase
from tests.fakes.call_bench import PAGE_DIR
from tests.fakes.fhir_server import free_port
from tests.fakes.polling import until
from tests.kiosk.bench import PATIENT

PIN = "4711"
E = TypeVar("E", bound=Event)


def config_in(directory: Path, **sections: Any) -> Config:
    """Settings of a kiosk whose data is in `directory`. Its FHIR server is down unless one is given."""
    usual: dict[str, Any] = {
        "site": SiteConfig("Maison de santé TEST", "990000001", "1990000001"),
        "kiosk": KioskConfig(
            "FE-ED-AB-EE-DE-AD-77-01",
            "Cabine 01",
            data_dir=directory,
            technician_pin=hash_pin(PIN),
            selftest_at="",
            reserve_mb=0,
            tpm2_device="",  # that of the machine the tests run on stays as it is
        ),
        "physician": PhysicianConfig("99900000011", "TEST-MEDECIN", "Camille"),
        "fhir": FhirConfig(f"https://127.0.0.1:{free_port()}/fhir", timeout_s=2.0),
        "rendezvous": RendezvousConfig(port=free_port()),
        "call": CallConfig(include_loopback=True),
        "devices": DevicesConfig(bluetooth=False),
    }
    return Config(**{**usual, **sections})


class Whole:
    """`told` is everything that its screens were told."""

    def __init__(self, kiosk: Kiosk, told: list[Event]) -> None:
        self.kiosk = kiosk
        self.told = told

    def heard(self, kind: type[E]) -> list[E]:
        return [event for event in self.told if isinstance(event, kind)]

    def notices(self) -> list[NoticeReason]:
        return [notice.reason for notice in self.heard(Notice)]

    def at(self, phase: Phase | None) -> bool:
        """Whether the session is in this phase; None: there is no session."""
        return (self.kiosk.session.phase if self.kiosk.session else None) is phase

    @property
    def link(self) -> str:
        """The physician's, as the screen shows it."""
        return self.heard(CallChanged)[-1].link

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.kiosk.config.kiosk.data_dir / "tls" / "rendezvous.crt")

    async def until(self, condition: Any) -> None:
        await until(condition)

    async def receive(self) -> None:
        await self.kiosk.begin()
        await self.kiosk.identify(PATIENT)

    async def answer(self, given: bool) -> None:
        await self.kiosk.answer_consent(given, "J'accepte.", "fr", "1")

    async def consult(self) -> str:
        """Receive somebody who consents; returns the physician's link."""
        await self.receive()
        await self.answer(given=True)
        return self.link

    async def kinds_stored(self) -> list[str]:
        assert self.kiosk.session is not None
        return [item.kind for item in await self.kiosk.outbox.items(str(self.kiosk.session.id))]


@asynccontextmanager
async def whole_kiosk(config: Config) -> AsyncIterator[Whole]:
    """A kiosk that runs, until the end of the block stops it in good order."""
    async with _running(config) as (whole, _):
        try:
            yield whole
        finally:
            await whole.kiosk.close()


@asynccontextmanager
async def cut_kiosk(config: Config) -> AsyncIterator[Whole]:
    """A kiosk that is gone at the end of the block without a goodbye: nobody is told, nothing is tidied."""
    async with _running(config) as (whole, running):
        yield whole
        running.cancel()
        await asyncio.wait([running])
        call = whole.kiosk.desk._call
        await whole.kiosk._tasks.close()
        await whole.kiosk.meeting.stop()
        await whole.kiosk.outbox.close()
    if call is not None:
        await call.close()  # to a relay that is not there any more: it only frees this process


@asynccontextmanager
async def _running(config: Config) -> AsyncIterator[tuple[Whole, asyncio.Task[None]]]:
    told: list[Event] = []
    kiosk = await assemble(config, PAGE_DIR, told.append)
    running = asyncio.create_task(kiosk.run())
    try:
        await asyncio.sleep(0)
        yield Whole(kiosk, told), running
        assert running.cancelled() or not running.done(), "the kiosk stopped by itself"
    finally:
        running.cancel()
        await asyncio.wait([running])


def elsewhere(config: Config, **changes: Any) -> Config:
    """The same kiosk with another FHIR server."""
    return replace(config, fhir=replace(config.fhir, **changes))


def with_chip(config: Config, device: str) -> Config:
    """The same kiosk with that security chip."""
    return replace(config, kiosk=replace(config.kiosk, tpm2_device=device))
