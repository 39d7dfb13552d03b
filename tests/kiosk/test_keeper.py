"""The session on disk: nothing before consent, everything after it, and back after a kill."""

import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from devices.reading import Attachment, Kind, Reading
from kiosk.events import ReadingShown, SessionChanged
from kiosk.session import IncidentKind, Outcome, Phase
from offline_queue.outcome import Delivered
from tests.kiosk.bench import PATIENT, bench, consent, temperature


def stored(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def clip() -> Reading:
    sound = Attachment("audio/flac", b"fLaC" + uuid4().bytes, "mitral")
    return replace(temperature(), id=uuid4(), kind=Kind.STETHOSCOPE, quantities=(), attachment=sound)


async def test_nothing_touches_the_disk_before_consent(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        kiosk.keeper.begin()
        kiosk.keeper.identify(PATIENT)
        assert await kiosk.keeper.interrupted() is None
        assert (await kiosk.outbox.counts()).waiting == 0


async def test_a_refusal_stores_and_sends_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        kiosk.keeper.begin()
        kiosk.keeper.identify(PATIENT)
        await kiosk.keeper.answer_consent(consent(given=False))
        assert kiosk.keeper.session is not None
        assert kiosk.keeper.session.outcome is Outcome.REFUSED
        await kiosk.keeper.finish()
        assert kiosk.keeper.session is None
        assert (await kiosk.outbox.counts()).waiting == 0
        assert await kiosk.keeper.interrupted() is None


async def test_a_session_waits_in_strict_order(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        reading = temperature()
        await kiosk.hub.reading(reading)
        await kiosk.keeper.end()
        items = await kiosk.outbox.items(stream)
        assert [item.kind for item in items] == ["site", "open", "reading", "close"]
        assert items[2].id == str(reading.id)


async def test_a_value_goes_before_the_sounds_and_pictures_that_wait_and_the_report_last(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        names = {}
        for name, reading in (("sound", clip()), ("value", temperature()), ("later sound", clip())):
            await kiosk.hub.reading(reading)
            names[str(reading.id)] = name
        await kiosk.keeper.end()
        order = []
        while (item := await kiosk.outbox.claim(time.time())) is not None:
            await kiosk.outbox.settle(item.id, Delivered("r"), time.time())
            order.append(names.get(item.id, item.kind))
        assert order == ["site", "open", "value", "sound", "later sound", "close"]


async def test_a_killed_session_is_offered_with_its_readings(tmp_path: Path) -> None:
    reading = temperature()
    async with bench(tmp_path) as before:
        await before.consult()
        await before.hub.reading(reading)
        await before.keeper.save_call(b"secret")
    async with bench(tmp_path) as after:
        session = await after.keeper.interrupted()
        assert session is not None and session.phase is Phase.CONSULTATION
        assert await after.keeper.resume(session) == (reading,)
        assert after.heard(ReadingShown) == [ReadingShown(reading)]
        assert await after.keeper.saved_call() == b"secret"
        resumed = after.keeper.session
        assert resumed is not None
        assert [i.kind for i in resumed.incidents] == [IncidentKind.KIOSK_RESTARTED]


async def test_a_finished_session_leaves_nothing_to_resume(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(temperature())
        await kiosk.keeper.end()
        await kiosk.keeper.finish()
        assert kiosk.told[-1] == SessionChanged(None)
    async with bench(tmp_path) as after:
        assert await after.keeper.interrupted() is None
        assert await after.keeper.saved_call() is None


async def test_abandoning_after_consent_still_closes_the_record(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        stream = await kiosk.consult()
        await kiosk.keeper.abandon()
        assert [item.kind for item in await kiosk.outbox.items(stream)] == ["site", "open", "close"]
        assert kiosk.keeper.session is None
        assert await kiosk.keeper.interrupted() is None


async def test_the_patient_is_not_readable_on_the_disk(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        await kiosk.hub.reading(temperature())
        on_disk = stored(tmp_path)
    for word in ("TEST-KIOSQUE", "Dominique", "1969-05-14", "thermometer"):
        assert word.encode() not in on_disk
        assert word.encode() not in stored(tmp_path)
