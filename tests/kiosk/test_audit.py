"""What the audit chain is told, by whom, and what it never tells."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.audit import Told, of_changes, settings_of
from kiosk.audit_notes import leave_note, read_notes
from kiosk.config import Config
from kiosk.data_dir import notes_dir, parts_file, store_dir
from kiosk.pin import hash_pin
from kiosk.pin_door import PinDoor
from kiosk.session import IncidentKind, Phase
from kiosk.store_key import usable_key
from offline_queue.audit.checkpoint import AUDIT, CHECKPOINT
from offline_queue.audit.event import Event
from offline_queue.audit.trail import read_trail
from offline_queue.outbox import Outbox
from offline_queue.outcome import Delivered
from offline_queue.sentinel import SENTINEL
from offline_queue.slots import add_slot
from tests.fakes.polling import until
from tests.kiosk.bench import KEY, PATIENT, SITE, bench, temperature
from tests.kiosk.whole import PIN, config_in, whole_kiosk
from tests.offline_queue.helpers import pems

INS = "269054958815780"


def events(directory: Path, key: bytes = KEY) -> list[Event]:
    return list(read_trail(directory, key, SITE.kiosk_id).events)


def kinds(directory: Path) -> list[str]:
    return [event.kind for event in events(directory)]


async def test_each_step_of_a_session_is_told_and_nobody_is_named(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        kiosk.keeper.begin()
        kiosk.keeper.identify(replace(PATIENT, ins=INS))
        assert events(tmp_path) == [], "before consent there is no trace"
        await kiosk.consult()
        reading = temperature()
        await kiosk.hub.reading(reading)
        await kiosk.keeper.physician_joined()
        await kiosk.keeper.incident(IncidentKind.CALL_LOST)
        await kiosk.keeper.end()
        while (item := await kiosk.outbox.claim(1_900_000_000.0)) is not None:
            receipt = f"Patient/{PATIENT.id} Observation/{item.id}"
            await kiosk.outbox.settle(item.id, Delivered(receipt), 1_900_000_000.0)
        assert kinds(tmp_path)[:6] == [
            Told.SESSION_OPENED, Told.CONSENT_GIVEN, Told.READING_KEPT, Told.PHYSICIAN_JOINED,
            Told.INCIDENT, Told.SESSION_ENDED,
        ]  # fmt: skip
        told = events(tmp_path)
        assert told[2].subject == str(reading.id)
        assert kiosk.keeper.session is not None and kiosk.keeper.session.phase is Phase.CLOSING
        assert json.loads(told[2].detail)["session"] == str(kiosk.keeper.session.id)
        everything = " ".join(f"{event.subject} {event.detail}" for event in told)
        for secret in (PATIENT.family, PATIENT.given, INS, str(PATIENT.id), "1969"):
            assert secret not in everything


async def test_who_tries_the_technicians_door_is_told(tmp_path: Path) -> None:
    outbox = await Outbox.open(tmp_path, KEY, SITE.kiosk_id)
    door = PinDoor(outbox, hash_pin(PIN))
    await door.knock("0000")
    await door.knock(PIN)
    await outbox.close()
    assert kinds(tmp_path) == [Told.PIN_TRIED, Told.PIN_TRIED, Told.TECHNICIAN_ENTERED]


async def test_a_changed_setting_or_key_is_told_at_the_next_start(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config):
        await until(lambda: kinds_of(config) == [Told.KIOSK_STARTED])
    key = usable_key(config)
    add_slot(store_dir(config), key, "agency", pems(X25519PrivateKey.generate())[1])
    changed = replace(config, site=replace(config.site, help_phone="01 00 00 00 00"))
    async with whole_kiosk(changed):
        await until(lambda: len(kinds_of(config)) == 4)
    told = [(event.kind, event.subject, event.detail) for event in events(store_dir(config), key)]
    assert told[2:] == [
        (Told.SETTING_CHANGED, "site.help_phone", '{"how":"changed"}'),
        (Told.KEY_CHANGED, "slot agency", '{"how":"added"}'),
    ]


async def test_what_the_technician_chooses_beside_the_settings_is_told(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config) as whole:
        await until(lambda: kinds_of(config) == [Told.KIOSK_STARTED])
        parts_file(config).write_text('{"otoscope": "usb:1b3f:2247:EAR-1"}')
        await whole.consult()
        await whole.kiosk.end_consultation()
        await until(lambda: Told.SETTING_CHANGED in kinds_of(config))
    told = [
        event for event in events(store_dir(config), usable_key(config)) if event.kind == "setting_changed"
    ]
    assert [(event.subject, "EAR-1" in event.detail) for event in told] == [("devices.otoscope", False)]


async def test_a_key_that_is_added_beside_a_running_kiosk_is_told(tmp_path: Path) -> None:
    """Within a minute, or with what is signed after a session."""
    config = config_in(tmp_path)
    async with whole_kiosk(config) as whole:
        await until(lambda: kinds_of(config) == [Told.KIOSK_STARTED])
        add_slot(store_dir(config), usable_key(config), "agency", pems(X25519PrivateKey.generate())[1])
        await whole.consult()
        await whole.kiosk.end_consultation()
        await until(lambda: Told.KEY_CHANGED in kinds_of(config))


async def test_what_a_command_did_beside_a_running_kiosk_is_told_once(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    leave_note(notes_dir(config), Told.OUTBOX_EXPORTED, "clear")
    (notes_dir(config) / "torn.json").write_text("{")
    async with whole_kiosk(config) as whole:
        await until(lambda: Told.OUTBOX_EXPORTED in kinds_of(config))
        leave_note(notes_dir(config), Told.OUTBOX_EXPORTED, "clear")
        await whole.consult()
        await whole.kiosk.end_consultation()
        await until(lambda: kinds_of(config).count(Told.OUTBOX_EXPORTED) == 2)
        await until(lambda: not read_notes(notes_dir(config), set()))
        await whole.kiosk.finish()
    async with whole_kiosk(config):
        await until(lambda: kinds_of(config).count(Told.KIOSK_STARTED) == 2)
        assert kinds_of(config).count(Told.OUTBOX_EXPORTED) == 2


def test_a_note_that_no_command_leaves_is_told_to_nobody_and_complained_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    leave_note(tmp_path, Told.PIN_TRIED, "clear")
    (tmp_path / "torn.json").write_text("{")
    (tmp_path / "a-list.json").write_text("[]")
    complained_of: set[Path] = set()
    assert read_notes(tmp_path, complained_of) == {}
    assert len(caplog.records) == 3
    leave_note(tmp_path, Told.OUTBOX_EXPORTED, "clear")
    assert [event.kind for event in read_notes(tmp_path, complained_of).values()] == [Told.OUTBOX_EXPORTED]
    assert len(caplog.records) == 3


async def test_a_lost_sentinel_has_an_event_of_its_own(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config) as whole:
        await whole.consult()
    (store_dir(config) / SENTINEL).unlink()
    async with whole_kiosk(config):
        await until(lambda: Told.SENTINEL_GONE in kinds_of(config))
        assert Told.STORE_MENDED not in kinds_of(config)


def kinds_of(config: Config) -> list[str]:
    return [event.kind for event in events(store_dir(config), usable_key(config))]


async def test_what_happened_in_a_session_is_signed_at_its_end(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config) as whole:
        await whole.consult()
        await whole.kiosk.end_consultation()
        await until(lambda: CHECKPOINT in kinds_of(config))
        assert (await whole.kiosk.outbox.counts(AUDIT)).waiting == 1


def test_settings_are_told_apart_and_not_told() -> None:
    before, now = {"a": "1", "b": "2"}, {"b": "3", "c": "4"}
    told = of_changes(Told.SETTING_CHANGED, before, now)
    how = {event.subject: event.detail["how"] for event in told}
    assert how == {"a": "removed", "b": "changed", "c": "added"}


def test_no_setting_can_be_read_from_its_mark(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    marks = settings_of(config)
    assert marks == settings_of(
        config_in(tmp_path, fhir=config.fhir, rendezvous=config.rendezvous, kiosk=config.kiosk)
    )
    assert "990000001" not in json.dumps(marks)
