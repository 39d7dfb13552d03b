"""In which order a session arrives at a real FHIR server over a slow line, and who waits for whom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from devices.metrics import DIASTOLIC, SYSTOLIC
from devices.reading import Attachment, Kind, Quantity, Reading
from kiosk import record
from kiosk.fhir.client import FhirSender
from offline_queue.delivery import Delivery
from offline_queue.item import Item
from offline_queue.outcome import Delivered
from tests.fakes.fhir_faults import FaultyLine
from tests.fakes.fhir_server import FhirServer
from tests.fakes.polling import until
from tests.kiosk.bench import Bench, bench, temperature
from tests.kiosk.fhir.items import item, whole_session
from tests.kiosk.records import SITE, session

_SOUND_BYTES = 24_000


def sound(seed: int) -> Reading:
    """What no line makes smaller."""
    kept = Attachment("audio/flac", b"fLaC" + Random(seed).randbytes(_SOUND_BYTES), "mitral")
    return replace(temperature(), id=uuid4(), kind=Kind.STETHOSCOPE, quantities=(), attachment=kept)


def pressure() -> Reading:
    values = (Quantity(SYSTOLIC, Decimal("128")), Quantity(DIASTOLIC, Decimal("78")))
    return replace(temperature(), id=uuid4(), kind=Kind.CUFF, quantities=values)


@asynccontextmanager
async def delivering(kiosk: Bench, sender: FhirSender) -> AsyncIterator[None]:
    running = asyncio.create_task(Delivery(kiosk.outbox, sender, lambda _: None).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until_left(kiosk: Bench, waiting: int) -> None:
    async with asyncio.timeout(60):
        while (await kiosk.outbox.counts()).waiting > waiting:  # noqa: ASYNC110 - a database tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("binaries", [False, True], ids=["inside", "apart"])
async def test_a_blood_pressure_waits_for_one_sound_at_most_on_a_slow_line(
    sender: FhirSender, line: FaultyLine, mode: str, tmp_path: Path, binaries: bool
) -> None:
    line.announced = ("Binary",) if binaries else ()
    line.rate_bps = 500_000
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        for seed in range(3):
            await kiosk.hub.reading(sound(seed))
        async with delivering(kiosk, sender):
            await until_left(kiosk, 3)  # the first sound is claimed with the end of the opening
            await kiosk.hub.reading(pressure())
            await kiosk.keeper.end()
            await until_left(kiosk, 0)
    opened = next(at for at, kinds in enumerate(line.created) if "Consent" in kinds)
    what = [
        next(kind for kind in kinds if kind not in ("Device", "Binary")) for kinds in line.created[opened:]
    ][1:]
    assert what == ["Media", "Observation", "Media", "Media", "Encounter"]


async def delivered(sender: FhirSender, *items: Item) -> None:
    for each in items:
        assert isinstance(await sender.send(each), Delivered)


def reading_of(name: str, reading: Reading) -> Item:
    return item("reading", record.reading_payload(SITE, session(name), reading), f"{name}-{reading.kind}")


async def test_a_sound_that_hangs_keeps_no_other_session_waiting(
    sender: FhirSender, line: FaultyLine, mode: str
) -> None:
    first, second = f"S-{uuid4()}", f"S-{uuid4()}"
    for name in (first, second):
        await delivered(sender, *whole_session(name)[:2])
    line.fault("hang")
    hanging = asyncio.create_task(sender.send(reading_of(first, sound(1))))
    await until(lambda: line.spoiled["hang"] == 1)
    await delivered(sender, reading_of(second, pressure()))
    assert not hanging.done()
    hanging.cancel()


async def test_two_sessions_at_once_make_one_device_of_one_instrument(
    sender: FhirSender, line: FaultyLine, server: FhirServer
) -> None:
    """Whatever the server does with conditions: that is why it is looked for first, and by one at a time."""
    line.hide_update_create = line.ignore_conditions = True
    names = [f"S-{uuid4()}" for _ in range(4)]
    for name in names:
        await delivered(sender, *whole_session(name)[:2])
    before = server.count("Device")
    cuff = replace(pressure().identity, serial=str(uuid4()))
    taken = [replace(pressure(), identity=cuff) for _ in names]
    await asyncio.gather(*(delivered(sender, reading_of(*pair)) for pair in zip(names, taken, strict=True)))
    assert server.count("Device") == before + 1
