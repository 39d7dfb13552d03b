"""Each check on its own: the right part, the right problem, one line for one fault."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from devices.event import Battery
from devices.reading import SHY, Kind
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.devices_config import DevicesConfig
from kiosk.fhir_config import FhirConfig
from kiosk.rendezvous.tls import self_signed, server_context
from kiosk.selftest.alone import check_alone
from kiosk.selftest.chosen import ALWAYS, expected_kinds, name_chosen
from kiosk.selftest.fhir import ask_fhir
from kiosk.selftest.instruments import PARTS, check_bluetooth, check_kinds
from kiosk.selftest.keys import check_key
from kiosk.selftest.machine import judge_store
from kiosk.selftest.network import Heard
from kiosk.selftest.report import Check, Part, Problem, Report, Verdict
from kiosk.selftest.running import check_running
from kiosk.unit import Unit
from offline_queue.outbox import Counts
from offline_queue.reconcile import Found
from offline_queue.sentinel import DATABASE
from offline_queue.slots import SLOTS, add_slot
from tests.fakes.call_bench import PAGE_DIR
from tests.fakes.fhir_server import FhirServer, fhir_server, free_port
from tests.kiosk.selftest import found as short
from tests.kiosk.selftest.found import reds
from tests.kiosk.whole import config_in, whole_kiosk
from tests.offline_queue.helpers import pems
from ui.text.selftest import report_text

TOKEN = "a-token-of-this-site"


def status(kind: Kind, state: InstrumentState, reason: Reason = Reason.NONE) -> InstrumentStatus:
    return InstrumentStatus(f"{kind}-1", kind, kind.value, state, reason)


ALL_WELL = tuple(status(kind, InstrumentState.READY) for kind in Kind)


def owning(kinds: Iterable[Kind]) -> tuple[str, ...]:
    return expected_kinds(DevicesConfig(expected=tuple(kind.value for kind in kinds)))


def with_one(changed: InstrumentStatus) -> list[InstrumentStatus]:
    return [changed if each.kind is changed.kind else each for each in ALL_WELL]


def test_all_well_is_green() -> None:
    checks = check_kinds(owning(kind for kind in Kind if kind not in ALWAYS), ALL_WELL)
    assert {check.verdict for check in checks} == {Verdict.GREEN}
    assert len(checks) == len(Kind)


@pytest.mark.parametrize("kind", [k for k in Kind if k not in SHY])
def test_an_instrument_that_fails_is_named(kind: Kind) -> None:
    expected = owning(k for k in Kind if k not in ALWAYS)
    for broken in (InstrumentState.LOST, InstrumentState.FAULTY):
        found = reds(check_kinds(expected, with_one(status(kind, broken, Reason.NO_DATA))))
        assert [problem for _, problem in found] == [Problem.NOT_WORKING]
        assert found[0][0].value.endswith(kind.value.split("_")[-1])
    missing = [each for each in ALL_WELL if each.kind is not kind]
    assert [problem for _, problem in reds(check_kinds(expected, missing))] == [Problem.NOT_FOUND]


@pytest.mark.parametrize("state", [InstrumentState.FOUND, InstrumentState.PAIRING])
def test_what_streams_and_was_only_found_is_a_warning(state: InstrumentState) -> None:
    (oximeter,) = check_kinds(["oximeter"], [status(Kind.OXIMETER, state)])
    assert (oximeter.verdict, oximeter.problem) == (Verdict.AMBER, Problem.NOT_WORKING)
    (cuff,) = check_kinds(["cuff"], [status(Kind.CUFF, state)])
    assert cuff.verdict is Verdict.GREEN, "it shows itself when it measures"


def test_an_unknown_instrument_that_is_silent_may_be_at_rest() -> None:
    silent, noisy = status(Kind.UNKNOWN, InstrumentState.FOUND), status(Kind.UNKNOWN, InstrumentState.FAULTY)
    (idle,) = check_kinds([], [silent])
    assert (idle.part, idle.verdict, idle.problem) == (Part.UNKNOWN, Verdict.AMBER, Problem.NOT_SEEN_YET)
    assert reds(check_kinds([], [noisy])) == [(Part.UNKNOWN, Problem.NOT_WORKING)]


AT_A_BRIDGE = (Kind.CUFF, Kind.OXIMETER, Kind.ECG)


@pytest.mark.parametrize(
    ("expected", "garbled", "silent"),
    [
        (("oximeter",), (Part.OXIMETER, Problem.NOT_WORKING), (Part.OXIMETER, Problem.NOT_FOUND)),
        (("cuff", "oximeter"), (Part.OXIMETER, Problem.NOT_WORKING), (Part.OXIMETER, Problem.NOT_FOUND)),
        (("cuff",), (Part.CUFF, Problem.NOT_WORKING), None),
        (("scale",), (Part.UNKNOWN, Problem.NOT_WORKING), None),
        ((), (Part.UNKNOWN, Problem.NOT_WORKING), None),
    ],
)
def test_what_is_not_understood_is_what_the_site_misses(
    expected: tuple[str, ...], garbled: short.Found, silent: short.Found | None
) -> None:
    plugged = replace(status(Kind.UNKNOWN, InstrumentState.FOUND), may_be=AT_A_BRIDGE)
    broken = replace(plugged, state=InstrumentState.FAULTY, reason=Reason.NOT_UNDERSTOOD)
    assert reds(check_kinds(expected, [broken])) == [garbled]
    assert reds(check_kinds(expected, [plugged])) == ([silent] if silent else [])


def test_what_is_not_understood_beside_one_of_its_kind() -> None:
    broken = replace(status(Kind.UNKNOWN, InstrumentState.FAULTY), may_be=AT_A_BRIDGE)
    beside = [status(kind, InstrumentState.MEASURING) for kind in (Kind.OXIMETER, Kind.CUFF)]
    oximeters = check_kinds(["oximeter"], [beside[0], broken])
    assert [(c.part, c.verdict) for c in oximeters] == [
        (Part.OXIMETER, Verdict.GREEN), (Part.OXIMETER, Verdict.RED),
    ]  # fmt: skip
    assert reds(check_kinds(["oximeter", "cuff"], [*beside, broken])) == [(Part.UNKNOWN, Problem.NOT_WORKING)]


def test_one_of_two_that_is_dead_is_not_hidden_by_the_other() -> None:
    one = status(Kind.OXIMETER, InstrumentState.MEASURING)
    two = replace(one, id="another")
    box = InstrumentStatus("x", Kind.CUFF, "x", InstrumentState.READY, also=(Kind.OXIMETER,))
    owned = ["oximeter", "oximeter"]
    assert reds(check_kinds(owned, [one])) == [(Part.OXIMETER, Problem.NOT_FOUND)]
    assert reds(check_kinds(owned, [])) == [(Part.OXIMETER, Problem.NOT_FOUND)]
    for both in ([one, two], [one, box]):
        assert reds(check_kinds(owned, both)) == []
    silent = replace(status(Kind.UNKNOWN, InstrumentState.FOUND), may_be=AT_A_BRIDGE)
    assert reds(check_kinds(owned, [one, silent])) == [(Part.OXIMETER, Problem.NOT_FOUND)]


def test_a_unit_of_ours_that_is_away_is_named_once() -> None:
    oximeter, cuff = Unit("C0:0A:00:00:00:01", kind="oximeter"), Unit("C0:0B:00:00:00:01", kind="cuff")
    plugged, never_met = status(Kind.OXIMETER, InstrumentState.MEASURING), Unit("OX-0002")
    checks = check_kinds(["oximeter", "oximeter", "cuff"], [plugged], [oximeter, cuff, never_met])
    assert [(c.part, c.verdict, c.problem, c.subject) for c in checks] == [
        (Part.OXIMETER, Verdict.GREEN, Problem.NONE, "oximeter"),
        (Part.OXIMETER, Verdict.RED, Problem.NOT_FOUND, oximeter.address),
        (Part.CUFF, Verdict.AMBER, Problem.NOT_SEEN_YET, cuff.address),
        (Part.UNIT, Verdict.AMBER, Problem.NOT_SEEN_YET, "OX-0002"),
    ]


def test_a_low_battery_is_a_warning_that_names_the_instrument() -> None:
    low = replace(status(Kind.CUFF, InstrumentState.FOUND), battery=Battery(12, is_low=True))
    (cuff,) = (c for c in check_kinds(["cuff"], [low]) if c.part is Part.CUFF)
    assert (cuff.verdict, cuff.problem, cuff.subject, cuff.detail) == (
        Verdict.AMBER, Problem.LOW_BATTERY, "cuff", "12 %",
    )  # fmt: skip
    full = replace(low, battery=Battery(90, is_low=False))
    assert {c.verdict for c in check_kinds(["cuff"], [full]) if c.part is Part.CUFF} == {Verdict.GREEN}
    lost = replace(low, state=InstrumentState.FAULTY, reason=Reason.NO_DATA)
    assert reds(check_kinds(["cuff"], [lost])) == [(Part.CUFF, Problem.NOT_WORKING)]


def test_a_chosen_part_that_is_not_there_is_called_by_its_name() -> None:
    named = DevicesConfig(stethoscope="usb:0d8c:0014:ST-7", microphone="Room Microphone")
    gone = status(Kind.MICROPHONE, InstrumentState.LOST, Reason.UNPLUGGED)
    missing = [each for each in with_one(gone) if each.kind is not Kind.STETHOSCOPE]
    found = [c for c in name_chosen(check_kinds(expected_kinds(named), missing), named) if c.verdict == "red"]
    assert {(c.part, c.problem, c.subject) for c in found} == {
        (Part.STETHOSCOPE, Problem.CHOSEN_MISSING, "usb:0d8c:0014:ST-7"),
        (Part.MICROPHONE, Problem.CHOSEN_MISSING, "Room Microphone"),
    }
    assert reds(name_chosen(check_kinds(expected_kinds(named), ALL_WELL), named)) == []


def test_a_cuff_shows_itself_only_after_a_measurement() -> None:
    (cuff,) = (c for c in check_kinds(["cuff"], []) if c.part is Part.CUFF)
    assert (cuff.verdict, cuff.problem) == (Verdict.AMBER, Problem.NOT_SEEN_YET)
    lost = status(Kind.CUFF, InstrumentState.LOST, Reason.TIMEOUT)
    assert reds(check_kinds(["cuff"], [lost])) == []


@pytest.mark.parametrize("kind", [k for k in Kind if k is not Kind.UNKNOWN])
def test_what_is_pulled_out_is_a_fault_of_every_kind(kind: Kind) -> None:
    pulled = status(kind, InstrumentState.LOST, Reason.UNPLUGGED)
    assert reds(check_kinds([kind.value], [pulled])) == [(PARTS[kind], Problem.NOT_WORKING)]


def test_a_box_that_does_several_things_has_one_line() -> None:
    box = InstrumentStatus("x", Kind.OXIMETER, "x", InstrumentState.READY, also=(Kind.CUFF, Kind.STETHOSCOPE))
    kinds = ("oximeter", "cuff", "stethoscope")
    assert [(c.part, c.verdict) for c in check_kinds(kinds, [box])] == [(Part.OXIMETER, Verdict.GREEN)]
    broken = replace(box, state=InstrumentState.FAULTY, reason=Reason.NO_DATA)
    assert reds(check_kinds(kinds, [broken])) == [(Part.OXIMETER, Problem.NOT_WORKING)]


def test_bluetooth_that_is_off_is_one_red_line() -> None:
    kinds = (Kind.OXIMETER, Kind.CUFF, Kind.THERMOMETER)
    off = [status(kind, InstrumentState.FAULTY, Reason.BLUETOOTH_OFF) for kind in kinds]
    behind = check_kinds([*kinds, "glucometer"], off)
    assert {(c.part, c.because) for c in behind if c.verdict is Verdict.SKIPPED} == {
        (PARTS[kind], Part.BLUETOOTH) for kind in kinds
    }
    assert reds(check_kinds(kinds, off)) == []
    gone = [replace(each, reason=Reason.BLUETOOTH_MISSING) for each in off]
    assert reds(check_bluetooth(True, gone)) == [(Part.BLUETOOTH, Problem.NOT_FOUND)]
    assert reds(check_bluetooth(True, off)) == [(Part.BLUETOOTH, Problem.NOT_WORKING)]
    assert check_bluetooth(False, off) == ()
    assert [check.verdict for check in check_bluetooth(True, ALL_WELL)] == [Verdict.GREEN]


def test_a_missing_sound_server_is_left_to_the_loudspeaker() -> None:
    silent = status(Kind.MICROPHONE, InstrumentState.FAULTY, Reason.SOUND_SERVER_MISSING)
    (check,) = check_kinds(["microphone"], [silent])
    assert (check.verdict, check.because) == (Verdict.SKIPPED, Part.SPEAKER)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    with fhir_server(tmp_path_factory.mktemp("sekmet"), tokens=[TOKEN]) as running:
        yield running


@pytest.fixture
def fhir(server: FhirServer, tmp_path: Path) -> FhirConfig:
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    return FhirConfig(server.url, token_file, server.ca)


async def test_a_fhir_server_is_recognised(fhir: FhirConfig) -> None:
    check = (await ask_fhir(fhir)).check
    assert (check.verdict, check.detail) == (Verdict.GREEN, "FHIR 4.0.1")


@asynccontextmanager
async def web_server(directory: Path, answer: web.Response) -> AsyncIterator[FhirConfig]:
    """An HTTPS server that gives one answer to everything."""

    async def handle(request: web.Request) -> web.Response:
        known = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        return answer if known else web.Response(status=401)

    app = web.Application()
    app.router.add_get("/{any:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    certificate, key = self_signed(directory, ("localhost",))
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(certificate, key)).start()
    token_file = directory / "token"
    token_file.write_text(TOKEN)
    try:
        yield FhirConfig(f"https://localhost:{runner.addresses[0][1]}", token_file, certificate)
    finally:
        await runner.cleanup()


async def test_what_is_no_fhir_server_is_said(tmp_path: Path) -> None:
    async with web_server(tmp_path, web.Response(text="<html>", content_type="text/html")) as settings:
        assert (await ask_fhir(settings)).check.problem is Problem.NOT_FHIR
    async with web_server(tmp_path, web.json_response({"resourceType": "Patient"})) as settings:
        assert (await ask_fhir(settings)).check.problem is Problem.NOT_FHIR


async def test_the_credential_is_shown_and_a_wrong_one_is_said(tmp_path: Path) -> None:
    statement = web.json_response({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    async with web_server(tmp_path, statement) as settings:
        assert (await ask_fhir(settings)).check.verdict is Verdict.GREEN
    async with web_server(tmp_path, statement) as settings:
        assert settings.token_file is not None
        settings.token_file.write_text("another")
        assert (await ask_fhir(settings)).check.problem is Problem.CREDENTIAL_REFUSED
        settings.token_file.unlink()
        assert (await ask_fhir(settings)).check.problem is Problem.CREDENTIAL_REFUSED


async def test_a_server_that_is_not_there_or_not_trusted_is_unreachable(fhir: FhirConfig) -> None:
    nowhere = replace(fhir, base_url=f"https://127.0.0.1:{free_port()}/fhir")
    no_list = replace(fhir, ca_file=Path("/absent.crt"))
    for settings, problem, heard in (
        (nowhere, Problem.UNREACHABLE, Heard.ANSWER),  # a refusal proves the line
        (replace(fhir, ca_file=None), Problem.CERTIFICATE, Heard.ANSWER),
        (no_list, Problem.CERTIFICATE, Heard.UNASKED),
    ):
        asked = await ask_fhir(settings)
        assert (asked.check.verdict, asked.check.problem) == (Verdict.RED, problem)
        assert asked.heard is heard


def test_what_the_disk_damaged_is_told() -> None:
    counts = Counts(waiting=12, quarantined=2)
    mended = judge_store(counts, {Found.LOG_DAMAGED, Found.DATABASE_BEHIND})
    assert (mended.verdict, mended.problem) == (Verdict.AMBER, Problem.STORE_MENDED)
    assert mended.detail == "database_behind log_damaged"
    damaged = judge_store(counts, {Found.LOG_DAMAGED, Found.DATABASE_DAMAGED})
    assert (damaged.verdict, damaged.problem) == (Verdict.RED, Problem.STORE_DAMAGED)


async def test_a_damaged_store_is_one_red_line(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config):
        pass
    database = tmp_path / "outbox" / DATABASE
    content = bytearray(database.read_bytes())
    content[3 * 4096 + 100] ^= 1
    database.write_bytes(content)
    report = await check_alone(config, PAGE_DIR, 0.1)
    own = [found for found in reds(report.checks) if found[0] in (Part.STORE, Part.KEY)]
    assert own == [(Part.STORE, Problem.STORE_DAMAGED)]


def test_the_key_is_for_the_kiosk_alone(tmp_path: Path) -> None:
    key, store = tmp_path / "key", tmp_path / "outbox"
    assert check_key(key, store, chip=False).problem is Problem.NOT_FOUND
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    assert check_key(key, store, chip=True).problem is Problem.NO_RECOVERY_KEY
    add_slot(store, bytes(32), "agency", pems(X25519PrivateKey.generate())[1])
    assert check_key(key, store, chip=False).verdict is Verdict.GREEN  # of the missing chip that line speaks
    assert check_key(key, store, chip=True).problem is Problem.KEY_NOT_IN_TPM
    (store / SLOTS).write_text("{")
    assert check_key(key, store, chip=True).problem is Problem.NO_RECOVERY_KEY
    key.chmod(0o640)
    check = check_key(key, store, chip=True)
    assert (check.verdict, check.problem) == (Verdict.RED, Problem.KEY_READABLE_BY_OTHERS)


@pytest.mark.parametrize(
    ("harm", "part", "problem"),
    [
        ("lax", Part.KEY, Problem.KEY_READABLE_BY_OTHERS),
        ("other", Part.STORE, Problem.WRONG_KEY_OR_DAMAGED),
        ("short", Part.STORE, Problem.WRONG_KEY_OR_DAMAGED),
        ("gone", Part.STORE, Problem.WRONG_KEY_OR_DAMAGED),
    ],
)
async def test_a_harmed_key_is_one_red_line(tmp_path: Path, harm: str, part: Part, problem: Problem) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config):
        pass
    key = tmp_path / "outbox.key"
    if harm == "lax":
        key.chmod(0o644)
    elif harm == "gone":
        key.unlink()
    else:
        key.write_bytes(bytes(32 if harm == "other" else 5))
    report = await check_alone(config, PAGE_DIR, 0.1)
    own = [found for found in reds(report.checks) if found[0] in (Part.STORE, Part.KEY)]
    assert own == [(part, problem)]
    assert report.red


async def test_beside_a_kiosk_that_runs(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    async with whole_kiosk(config):
        report = await check_alone(config, PAGE_DIR, 0.1)
    verdicts = {check.part: check.verdict for check in report.checks}
    assert (verdicts[Part.STORE], verdicts[Part.RENDEZVOUS]) == (Verdict.GREEN, Verdict.GREEN)
    left = {check.part for check in report.checks if check.problem is Problem.IN_USE}
    assert left == {Part.FACE_CAMERA, Part.MICROPHONE}, "they are the running kiosk's"
    assert reds(report.checks)[0] == (Part.FHIR, Problem.UNREACHABLE)


async def test_during_a_consultation_it_leaves_the_cameras_on(tmp_path: Path) -> None:
    async with whole_kiosk(config_in(tmp_path)) as whole:
        await whole.consult()
        report = await check_running(whole.kiosk, idle=False)
        assert whole.kiosk.instruments.face._wanted
    assert {Part.STORE, Part.RENDEZVOUS, Part.FHIR, Part.FACE_CAMERA} <= {c.part for c in report.checks}


def test_a_report_is_json_for_machines_and_sentences_for_people() -> None:
    report = Report((Check(Part.STORE, Verdict.GREEN), *check_kinds(["otoscope"], [])))
    told = json.loads(report.to_json())
    assert told["verdict"] == "red"
    assert told["checks"][-1]["problem"] == "not_found"
    for language in ("fr", "en", "ar"):
        lines = report_text(report, language).splitlines()
        assert len(lines) == 1 + len(report.checks), "when it was made, then a line for each part"
        assert len(set(lines)) == len(lines) and "not_found" not in "".join(lines)
    assert not Report((Check(Part.STORE, Verdict.GREEN),)).red


def test_records_that_the_server_refused_are_told() -> None:
    assert judge_store(Counts(waiting=12, delivered=3), set()).verdict is Verdict.GREEN
    refused = judge_store(Counts(waiting=12, quarantined=2), set())
    assert (refused.verdict, refused.problem, refused.detail) == (
        Verdict.AMBER,
        Problem.RECORDS_REFUSED,
        "2",
    )


def test_a_strangers_instrument_does_not_stand_in_for_ours() -> None:
    stranger = InstrumentStatus(
        "ble:C0:00:00:00:00:09", Kind.OXIMETER, "Oximeter", InstrumentState.MEASURING, known=False
    )
    found = [(c.part, c.verdict, c.problem) for c in check_kinds(["oximeter"], [stranger])]
    assert found == [
        (Part.OXIMETER, Verdict.RED, Problem.NOT_FOUND),
        (Part.OXIMETER, Verdict.AMBER, Problem.UNKNOWN_UNIT),
    ]
