"""The kiosk as its screens use it: receive, consult, end, be cut, come back."""

import asyncio
import base64
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from devices.reading import Clock, Kind
from drivers.instrument import InstrumentState, InstrumentStatus
from kiosk import hub
from kiosk.aside import HOLD
from kiosk.assembly import assemble
from kiosk.call.settings import CallState
from kiosk.config import Config
from kiosk.events import (
    CallChanged,
    CallCheckChanged,
    CallPhase,
    CheckPart,
    CheckReason,
    DeliveryChanged,
    Notice,
    NoticeReason,
    ReadingShown,
    ResumeOffered,
    SessionChanged,
    SetAsideChanged,
)
from kiosk.hub import StorageError
from kiosk.pin_door import PinAnswer
from kiosk.rendezvous.errors import RendezvousError, RendezvousReason
from kiosk.session import IncidentKind, Outcome, Phase, SessionError
from tests.fakes.call_bench import PAGE_DIR
from tests.fakes.fhir_server import fhir_server
from tests.fakes.physician import Physician
from tests.fakes.usb_bus import require_private_namespace
from tests.kiosk.bench import temperature
from tests.kiosk.whole import PIN, Whole, config_in, cut_kiosk, elsewhere, whole_kiosk

Stopped = Callable[[Config], AbstractAsyncContextManager[Whole]]


async def is_dead(whole: Whole, link: str) -> bool:
    """Whether the rendezvous turns away who comes with this link."""
    async with Physician(link, whole.trusting) as late:
        await late.until(lambda: late.close_code is not None)
        return late.close_code == 4404


async def test_from_reception_to_the_end(tmp_path: Path) -> None:
    reading = temperature()
    async with whole_kiosk(config_in(tmp_path)) as whole:
        link = await whole.consult()
        async with Physician(link, whole.trusting) as physician:
            await physician.until(lambda: physician.of_type("hello"))
            await whole.kiosk.hub.reading(reading)
            await physician.until(lambda: physician.of_type("reading"))
            assert physician.of_type("reading")[0]["id"] == str(reading.id)
            assert whole.heard(ReadingShown) == [ReadingShown(reading)]
            await whole.until(lambda: whole.kiosk.session and whole.kiosk.session.physician_joined_at)
            await whole.kiosk.end_consultation()
            await physician.until(lambda: physician.close_code is not None)
            assert physician.of_type("end")[-1]["reason"] == "closed"
        assert whole.at(Phase.CLOSING)
        assert await whole.kinds_stored() == ["site", "open", "reading", "close"]
        assert await is_dead(whole, link)
        await whole.kiosk.finish()
        assert whole.heard(SessionChanged)[-1] == SessionChanged(None)
        assert whole.heard(CallChanged)[-1] == CallChanged(CallPhase.OFF)


async def test_a_refusal_opens_no_link_and_stores_nothing(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.receive()
        await whole.answer(given=False)
        assert whole.at(Phase.CLOSED)
        assert whole.heard(CallChanged) == []
        assert await whole.kinds_stored() == []
        assert await whole.kiosk.outbox.get_state("session") is None
        await whole.kiosk.begin()  # the next patient
        assert whole.at(Phase.IDENTITY)


async def test_everything_reaches_the_server_once(tmp_path: Path) -> None:
    with fhir_server(tmp_path / "fhir") as server:
        config = elsewhere(config_in(tmp_path / "kiosk"), base_url=server.url, ca_file=server.ca)
        async with whole_kiosk(config) as whole:
            await whole.consult()
            for value in ("36.9", "37.2"):
                await whole.kiosk.hub.reading(temperature(value))
            await whole.kiosk.end_consultation()
            await whole.until(lambda: whole.heard(DeliveryChanged)[-1:] == [DeliveryChanged(0, 5, 0, True)])
            counts = server.counts()
        assert (counts["Patient"], counts["Encounter"], counts["Consent"]) == (1, 1, 1)
        assert counts["Observation"] == 2
        assert server.all("Encounter")[0]["status"] == "finished"


@pytest.mark.parametrize("stopped", [cut_kiosk, whole_kiosk], ids=["killed", "told to stop"])
async def test_a_stopped_session_is_resumed_under_the_same_link(tmp_path: Path, stopped: Stopped) -> None:
    before, reading = temperature("37.0", ago_s=-5, clock=Clock.DEVICE), temperature("38.0")
    config = config_in(tmp_path)
    async with stopped(config) as whole:
        link = await whole.consult()
        await whole.kiosk.hub.reading(before)
        async with Physician(link, whole.trusting) as physician:
            await physician.until(lambda: physician.of_type("reading"))
            await whole.until(lambda: whole.kiosk.session and whole.kiosk.session.physician_joined_at)
            saved = await whole.kiosk.outbox.get_state("call")
            assert saved is not None and saved.endswith(physician.seat.encode())  # bound to this browser
    async with whole_kiosk(config) as whole:
        await whole.until(lambda: whole.heard(ResumeOffered))
        with pytest.raises(SessionError):  # nobody else is received meanwhile
            await whole.kiosk.begin()
        async with Physician(link, whole.trusting, seat=physician.seat) as again:
            await again.until(lambda: again.present is False)  # it may wait there for the helper
            await whole.kiosk.resume(accept=True)
            assert whole.link == link
            await whole.kiosk.hub.reading(replace(before, id=uuid4()))  # the device sends it once more
            assert whole.kiosk.hub.counts.duplicates == 1
            await whole.kiosk.hub.reading(reading)
            await again.until(lambda: len(again.of_type("reading")) == 2)
            assert {m["id"] for m in again.of_type("reading")} == {str(before.id), str(reading.id)}
        assert whole.kiosk.session is not None
        kinds = [incident.kind for incident in whole.kiosk.session.incidents]
        assert kinds.count(IncidentKind.KIOSK_RESTARTED) == 1
        async with Physician(link, whole.trusting) as stranger:  # the link stays bound to the first browser
            await stranger.until(lambda: stranger.close_code == 4409)


async def test_a_cut_session_that_is_not_resumed_is_closed_in_the_record(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with cut_kiosk(config) as whole:
        link = await whole.consult()
        session = whole.kiosk.session
    assert session is not None
    async with whole_kiosk(config) as whole:
        await whole.until(lambda: whole.heard(ResumeOffered))
        await whole.kiosk.resume(accept=False)
        assert whole.at(None)
        outcomes = [e.session.outcome for e in whole.heard(SessionChanged) if e.session]
        assert outcomes[-1] is Outcome.ABANDONED
        items = await whole.kiosk.outbox.items(str(session.id))
        assert [item.kind for item in items] == ["site", "open", "close"]
        assert link not in [call.link for call in whole.heard(CallChanged)]
        await whole.kiosk.begin()
    async with whole_kiosk(config) as whole:
        assert whole.heard(ResumeOffered) == []


async def test_only_one_session_at_a_time(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.consult()
        with pytest.raises(SessionError):
            await whole.kiosk.begin()
        assert whole.at(Phase.CONSULTATION)


async def test_an_old_memory_never_reaches_the_physician(tmp_path: Path) -> None:
    old = temperature(ago_s=3600, clock=Clock.CORRECTED)
    async with whole_kiosk(config_in(tmp_path)) as whole:
        link = await whole.consult()
        await whole.kiosk.hub.reading(old)
        assert [r.id for r in whole.heard(SetAsideChanged)[-1].readings] == [old.id]
        assert whole.notices() == [NoticeReason.OLD_READING_SET_ASIDE]
        async with Physician(link, whole.trusting) as physician:
            await physician.until(lambda: physician.of_type("hello"))
            await whole.kiosk.hub.reading(temperature("36.5"))
            await physician.until(lambda: physician.of_type("reading"))
            assert str(old.id) not in {m["id"] for m in physician.of_type("reading")}
        await whole.kiosk.end_consultation()
        assert await whole.kinds_stored() == ["site", "open", "reading", "close"]


async def test_a_kiosk_that_nobody_uses_forgets_what_was_measured_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "SAVE_RETRY_S", 0.05)
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.kiosk.hub.reading(temperature(ago_s=HOLD.total_seconds(), clock=Clock.CORRECTED))
        await whole.until(lambda: not whole.kiosk.hub._aside.readings)


async def test_the_helper_attaches_an_old_memory_and_everybody_is_told_so(tmp_path: Path) -> None:
    old, other = temperature("38.4", ago_s=900), temperature("36.1", ago_s=3600)
    dated = [replace(each, clock=Clock.CORRECTED) for each in (old, other)]
    with fhir_server(tmp_path / "fhir") as server:
        config = elsewhere(config_in(tmp_path / "kiosk"), base_url=server.url, ca_file=server.ca)
        async with whole_kiosk(config) as whole:
            link = await whole.consult()
            async with Physician(link, whole.trusting) as physician:
                await physician.until(lambda: physician.of_type("hello"))
                for reading in dated:
                    await whole.kiosk.hub.reading(reading)
                await whole.kiosk.decide(old.id, attach=True)
                await whole.kiosk.decide(other.id, attach=False)
                await physician.until(lambda: physician.of_type("reading"))
                sent = physician.of_type("reading")
            assert [m["id"] for m in sent] == [str(old.id)]
            assert sent[0]["quality"] == ["attached_by_helper", "before_consultation"]
            await whole.kiosk.end_consultation()
            await whole.until(lambda: whole.heard(DeliveryChanged)[-1:] == [DeliveryChanged(0, 4, 0, True)])
            (observation,) = server.all("Observation")
            report = server.all("DocumentReference")[0]["content"][0]["attachment"]["data"]
    assert observation["valueQuantity"]["value"] == 38.4
    assert "Rattachée au patient par l’accompagnant." in [note["text"] for note in observation["note"]]
    text = base64.b64decode(report).decode()
    assert "38,4 °C (Rattachée au patient par l’accompagnant. Datée d’avant la consultation.)" in text
    assert "Mesures mises de côté, non rattachées au patient : 1" in text
    assert "36,1" not in text


async def test_a_new_link_kills_the_old_one_and_keeps_the_patient_muted(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        old = await whole.consult()
        await whole.kiosk.hub.reading(temperature())
        await whole.kiosk.set_muted(True)
        await asyncio.gather(whole.kiosk.new_link(), whole.kiosk.new_link())  # an impatient finger
        assert whole.link not in ("", old)
        assert whole.heard(CallChanged)[-1].muted
        others = {call.link for call in whole.heard(CallChanged)} - {whole.link, ""}
        assert old in others and len(others) == 2
        for link in others:
            assert await is_dead(whole, link)
        async with Physician(whole.link, whole.trusting) as physician:
            await physician.until(lambda: physician.of_type("reading") and physician.of_type("media"))
            assert physician.of_type("media")[-1]["muted"] is True
        await whole.kiosk.end_consultation()
        await whole.kiosk.finish()
        await whole.consult()
        assert not whole.heard(CallChanged)[-1].muted  # the next patient is heard


async def test_outside_a_consultation_there_is_no_link(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.kiosk.new_link()
        await whole.receive()
        await whole.kiosk.new_link()
        assert whole.heard(CallChanged) == []


async def test_what_the_physician_asks_for_and_is_not_there_is_said(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        async with Physician(await whole.consult(), whole.trusting) as physician:
            await physician.until(lambda: physician.of_type("hello"))
            physician.send("request", what="otoscope", on=True)
            physician.send("keep", what="otoscope")
            await whole.until(lambda: NoticeReason.RECORDING_FAILED in whole.notices())
        assert whole.heard(Notice)[0] == Notice(NoticeReason.INSTRUMENT_MISSING, "otoscope")
        assert whole.heard(CallChanged)[-1].otoscope_on  # plugged in now, it is seen at once
        whole.kiosk.hub.status(InstrumentStatus("o", Kind.OTOSCOPE, "Otoscope", InstrumentState.READY))
        await whole.kiosk.set_otoscope(False)
        await whole.kiosk.set_otoscope(True)
        assert whole.notices().count(NoticeReason.INSTRUMENT_MISSING) == 1


async def test_a_tampered_call_goes_into_the_report(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.consult()
        for _ in range(2):  # said twice, it happened once
            whole.kiosk.desk.call_changed(CallState(CallPhase.TAMPERED))
        await whole.kiosk.hub.flush()
        assert whole.kiosk.session is not None
        kinds = [incident.kind for incident in whole.kiosk.session.incidents]
        assert kinds.count(IncidentKind.CALL_TAMPERED) == 1


async def test_a_point_that_the_physician_asks_for_is_shown_until_the_stethoscope_is_put_away(
    tmp_path: Path,
) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.consult()
        desk = whole.kiosk.desk
        desk.physician_points("mitral")
        assert whole.heard(CallChanged)[-1].point == desk.point == "mitral"
        desk.set_media(otoscope=True, stethoscope=False)  # it was not on yet: the wish stays
        assert desk.point == "mitral"
        desk.set_media(otoscope=False, stethoscope=True)
        desk.stethoscope_live(False)
        assert not whole.heard(CallChanged)[-1].stethoscope_live
        desk.set_media(otoscope=False, stethoscope=False)
        assert whole.heard(CallChanged)[-1].point == ""


async def test_a_narrow_line_records_by_itself_what_was_just_put_on(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.consult()
        await whole.kiosk.set_stethoscope(True)
        whole.kiosk.desk.stethoscope_live(False)
        assert not any(each.recording for each in whole.heard(CallChanged))  # it is not on the body yet
        await whole.until(lambda: whole.heard(CallChanged)[-1].recording)


async def test_one_cut_is_lost_once_and_restored_once(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.consult()
        phases = (
            CallPhase.CONNECTED, CallPhase.RECONNECTING, CallPhase.SERVER_UNREACHABLE, CallPhase.RECONNECTING,
            CallPhase.CONNECTED, CallPhase.SERVER_UNREACHABLE, CallPhase.WAITING, CallPhase.CONNECTED,
            CallPhase.LEFT, CallPhase.CONNECTING, CallPhase.CONNECTED,
        )  # fmt: skip
        for phase in phases:
            whole.kiosk.desk.call_changed(CallState(phase))
        await whole.kiosk.hub.flush()
        assert whole.kiosk.session is not None
        kinds = [incident.kind for incident in whole.kiosk.session.incidents]
        calls = [kind for kind in kinds if kind in (IncidentKind.CALL_LOST, IncidentKind.CALL_RESTORED)]
        assert calls[:4] == [IncidentKind.CALL_LOST, IncidentKind.CALL_RESTORED] * 2


async def test_the_call_is_checked_while_the_link_is_passed_on(tmp_path: Path) -> None:
    """By itself, here without camera and sound. A meeting place on this machine tells no rate."""
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.receive()
        assert whole.heard(CallCheckChanged) == []
        await whole.answer(given=True)
        await whole.until(
            lambda: whole.heard(CallCheckChanged) and not whole.heard(CallCheckChanged)[-1].check.running
        )
        check = whole.heard(CallCheckChanged)[-1].check
        assert check.part(CheckPart.CAMERA).reason is CheckReason.CAMERA_MISSING
        assert check.part(CheckPart.LINE).reason is CheckReason.LINE_UNMEASURED
        await whole.kiosk.end_consultation()
        told = len(whole.heard(CallCheckChanged))
        await asyncio.sleep(0.1)
        assert len(whole.heard(CallCheckChanged)) == told


async def test_cancelling_after_consent_closes_the_record_and_the_link(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        link = await whole.consult()
        session = whole.kiosk.session
        assert session is not None
        await whole.kiosk.cancel()
        assert whole.at(None)
        assert await is_dead(whole, link)
        items = await whole.kiosk.outbox.items(str(session.id))
        assert [item.kind for item in items] == ["site", "open", "close"]
        assert await whole.kiosk.outbox.get_state("session") is None


async def test_the_technicians_door(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config) as whole:
        assert await whole.kiosk.check_pin(PIN) == PinAnswer(True)
        assert await whole.kiosk.check_pin("0000") == PinAnswer(False)
    closed = replace(config, kiosk=replace(config.kiosk, technician_pin=""))
    async with whole_kiosk(closed) as whole:
        assert await whole.kiosk.check_pin("") == PinAnswer(False)


async def test_a_taken_port_leaves_the_store_free(tmp_path: Path) -> None:
    config = config_in(tmp_path / "one")
    async with whole_kiosk(config):
        other = replace(config, kiosk=replace(config.kiosk, data_dir=tmp_path / "two"))
        for _ in range(2):  # the second time would find the store held if it had been left open
            with pytest.raises(RendezvousError) as caught:
                await assemble(other, PAGE_DIR, lambda _: None)
            assert caught.value.reason is RendezvousReason.PORT_BUSY


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    require_private_namespace()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:  # until there is no room: the kiosk may write meanwhile
            file.write(bytes(65_536))
    return filler


async def test_whoever_touches_twice_begins_once(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        begun = await asyncio.gather(whole.kiosk.begin(), whole.kiosk.begin(), return_exceptions=True)
        assert [type(each) for each in begun].count(SessionError) == 1
        assert whole.at(Phase.IDENTITY)


async def test_a_full_disk_keeps_this_session_and_refuses_the_next(small_disk: Path) -> None:
    config = config_in(small_disk / "data")
    config = replace(config, kiosk=replace(config.kiosk, reserve_mb=2))
    async with whole_kiosk(config) as whole:
        await whole.consult()
        filler = fill(small_disk)
        for n in range(20):
            await whole.kiosk.hub.reading(temperature(f"{36 + n / 10:.1f}"))
        assert len(whole.heard(ReadingShown)) == 20
        assert NoticeReason.STORAGE_FULL not in whole.notices()
        await whole.kiosk.end_consultation()
        await whole.kiosk.finish()
        await whole.kiosk.begin()
        assert whole.at(None)
        assert whole.notices()[-1] is NoticeReason.NO_ROOM
        filler.unlink()
        await whole.kiosk.begin()
        assert whole.at(Phase.IDENTITY)


async def test_a_full_disk_at_consent_is_said_and_nobody_is_called(small_disk: Path) -> None:
    async with whole_kiosk(config_in(small_disk / "data")) as whole:
        await whole.receive()
        filler = fill(small_disk)
        for tried in range(1, 20):  # the store has a little room of its own at first
            await whole.kiosk.hub.flush()
            try:
                await whole.answer(given=True)
            except StorageError:
                break
            await whole.kiosk.end_consultation()
            await whole.kiosk.finish()
            await whole.receive()
            assert tried < 19, "the disk never filled"
        assert whole.notices()[-1] is NoticeReason.STORAGE_FULL
        assert whole.at(Phase.CONSENT)
        filler.unlink()
        await whole.answer(given=True)
        assert whole.at(Phase.CONSULTATION) and whole.link


async def test_a_full_disk_at_the_end_leaves_the_consultation_open(small_disk: Path) -> None:
    async with whole_kiosk(config_in(small_disk / "data")) as whole:
        link = await whole.consult()
        filler = fill(small_disk)
        readings = [temperature(str(36 + i)) for i in range(5)]
        for reading in readings:
            await whole.kiosk.hub.reading(reading)
        with pytest.raises(StorageError):
            await whole.kiosk.end_consultation()
        assert whole.at(Phase.CONSULTATION) and whole.link == link
        filler.unlink()
        await whole.kiosk.end_consultation()
        assert await whole.kinds_stored() == ["site", "open", *["reading"] * 5, "close"]
