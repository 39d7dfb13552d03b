"""Delivery into a real FHIR server over HTTPS: exactly once, whatever the line does."""

import asyncio
import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kiosk import record
from kiosk.fhir import late_openings
from kiosk.fhir.answers import TRIES_BEFORE_PARKING
from kiosk.fhir.client import FhirSender
from kiosk.fhir.naming import EUI64, FINESS, RPPS, consent_id, observation_id
from kiosk.fhir.server import FhirSettings
from offline_queue.item import Item
from offline_queue.outcome import Delivered, Outcome, Park, Pause, Quarantine, Retry
from tests.fakes.fhir_faults import FaultyLine
from tests.fakes.fhir_server import FhirServer, fhir_server
from tests.kiosk.fhir.items import item, whole_session
from tests.kiosk.records import SITE, readings, session

SID = "https://kiosk.example.org/fhir/sid"
AMBIGUOUS = (
    "close_after_store",
    "hang",
    "late",
    "drip",
    "drip_close",
    "drip_head",
    "close_before",
    "html",
    "huge",
    "wrong_id",
)


@pytest.fixture
def name() -> str:
    """A session that no other test has."""
    return f"S-{uuid4()}"


async def deliver(sender: FhirSender, what: Item) -> Delivered:
    """As the queue does: again until it is delivered; a test fails on any other end."""
    for attempts in range(12):
        outcome = await sender.send(replace(what, attempts=attempts))
        if isinstance(outcome, Delivered):
            return outcome
        assert isinstance(outcome, Retry), outcome
        await asyncio.sleep(0.1)
    raise AssertionError(f"not delivered: {outcome}")


def holds(server: FhirServer, kind: str, system: str, value: UUID) -> int:
    return int(server.get(f"{kind}?identifier={SID}/{system}|{value}")["total"])


def observations(server: FhirServer, name: str) -> list[dict[str, object]]:
    encounter = server.get(f"Encounter?identifier={SID}/session|{session(name).id}")["entry"][0]["resource"]
    found = server.get(f"Observation?encounter=Encounter/{encounter['id']}&_count=100")
    return [entry["resource"] for entry in found.get("entry", [])]


@pytest.mark.parametrize("binaries", [False, True], ids=["inside", "apart"])
async def test_a_whole_session_arrives_once(
    sender: FhirSender, server: FhirServer, line: FaultyLine, mode: str, name: str, binaries: bool
) -> None:
    line.announced = ("Binary",) if binaries else ()
    binaries &= mode == "own ids"
    for _ in range(2):
        for each in whole_session(name):
            await deliver(sender, each)
    now = session(name)
    assert now.patient is not None
    assert holds(server, "Patient", "patient", now.patient.id) == 1
    assert holds(server, "Encounter", "session", now.id) == 1
    assert holds(server, "Consent", "consent", consent_id(now.id)) == 1
    assert len(observations(server, name)) == 3 + 2 + 1 + 2
    encounter = server.get(f"Encounter?identifier={SID}/session|{now.id}")["entry"][0]["resource"]
    assert encounter["status"] == "finished"
    for kind, search in (("Media", "encounter"), ("DocumentReference", "encounter")):
        found = server.get(f"{kind}?{search}=Encounter/{encounter['id']}")
        assert found["total"] == {"Media": 2, "DocumentReference": 1}[kind]
    for media in server.get(f"Media?encounter=Encounter/{encounter['id']}")["entry"]:
        content = media["resource"]["content"]
        data = server.get(content["url"])["data"] if binaries else content["data"]
        assert hashlib.sha1(base64.b64decode(data)).digest() == base64.b64decode(content["hash"])


async def test_site_resources_exist_once_for_all_sessions(
    sender: FhirSender, server: FhirServer, mode: str
) -> None:
    for _ in range(3):
        await deliver(sender, item("site", record.site_payload(SITE), str(uuid4())))
    assert server.get(f"Organization?identifier={FINESS}|{SITE.finess}")["total"] == 1
    assert server.get(f"Location?identifier={SID}/location|{SITE.location_id}")["total"] == 1
    assert server.get(f"Practitioner?identifier={RPPS}|{SITE.physician_rpps}")["total"] == 1
    assert server.get(f"Device?identifier={EUI64}|{SITE.kiosk_id}")["total"] == 1


@pytest.mark.parametrize("what", AMBIGUOUS)
async def test_nothing_is_lost_or_doubled_by_an_ambiguous_end(
    hasty: FhirSender, line: FaultyLine, server: FhirServer, mode: str, name: str, what: str
) -> None:
    for each in whole_session(name)[:3]:
        if each.kind != "site":
            line.fault(what)
        await deliver(hasty, each)
    line.clear()
    await asyncio.to_thread(line.settle)
    assert holds(server, "Encounter", "session", session(name).id) == 1
    values = observations(server, name)
    assert len(values) == 3
    reading = readings(name)[0]
    for quantity in reading.quantities:
        assert holds(server, "Observation", "reading", observation_id(reading.id, quantity.metric)) == 1


async def test_a_server_that_forgets_conditions_still_gets_everything_once(
    sender: FhirSender, line: FaultyLine, server: FhirServer, name: str
) -> None:
    """Conditional creates are known to duplicate: what is there already is looked for first."""
    line.hide_update_create = line.ignore_conditions = True
    for each in whole_session(name)[:3]:
        line.fault("close_after_store")
        await deliver(sender, each)
        await deliver(sender, each)
    line.clear()
    assert holds(server, "Encounter", "session", session(name).id) == 1
    assert len(observations(server, name)) == 3


async def test_an_organisation_that_others_registered_is_not_doubled(
    sender: FhirSender, server: FhirServer, mode: str
) -> None:
    finess = f"99{uuid4().int % 10**7:07}"
    theirs = {"resourceType": "Organization", "identifier": [{"system": FINESS, "value": finess}]}
    known = server.create({**theirs, "name": "Clinique TEST"})
    site = replace(SITE, finess=finess, location_id=f"room-{finess}", kiosk_id=f"FE-{finess}")
    await deliver(sender, item("site", record.site_payload(site), finess))
    assert server.get(f"Organization?identifier={FINESS}|{finess}")["total"] == 1
    room = server.get(f"Location?identifier={SID}/location|room-{finess}")["entry"][0]["resource"]
    assert room["managingOrganization"]["reference"] == f"Organization/{known}"


EXPECTED: list[tuple[str, Outcome]] = [
    ("500", Retry("HTTP 500 invariant")),
    ("429", Retry("HTTP 429 invariant", 2.0)),
    ("302", Retry("HTTP 302")),
    ("html", Retry("HTTP 200 with text/html: not a FHIR answer")),
    ("401", Pause("HTTP 401 invariant: the server refuses the credential")),
    ("answer:403", Pause("HTTP 403 invariant: the server refuses the credential")),
    ("answer:404", Pause("HTTP 404 invariant: the server's address or settings are wrong")),
    ("answer:405", Pause("HTTP 405 invariant: the server's address or settings are wrong")),
    ("answer:409", Retry("HTTP 409 invariant: a reference is missing or in conflict")),
    ("answer:400", Quarantine("HTTP 400 invariant: the server refuses this record")),
    ("422", Quarantine("HTTP 422 invariant: the server refuses this record")),
    ("answer:413", Quarantine("HTTP 413 invariant: the server refuses this record")),
    ("answer:408", Retry("HTTP 408 invariant")),
    ("huge", Retry("too_big: more than 16777216 bytes", 30.0)),
]


@pytest.mark.parametrize(("what", "outcome"), EXPECTED, ids=[what for what, _ in EXPECTED])
async def test_every_answer_has_its_outcome(
    sender: FhirSender, line: FaultyLine, name: str, what: str, outcome: Outcome
) -> None:
    first, opening = whole_session(name)[:2]
    await deliver(sender, first)
    line.fault(what)
    assert await sender.send(opening) == outcome
    assert isinstance(await sender.send(opening), Delivered)


@pytest.mark.parametrize("what", ["hang", "drip", "drip_head"])
async def test_no_answer_takes_longer_than_it_may(
    sender: FhirSender, hasty: FhirSender, line: FaultyLine, name: str, what: str
) -> None:
    site, opening = whole_session(name)[:2]
    await deliver(sender, site)
    await deliver(hasty, site)
    line.fault(what)
    assert await hasty.send(opening) == Retry("too_long: 1.5 s", 1.5)
    await deliver(hasty, opening)


async def test_a_cut_line_is_a_retry_and_heals(sender: FhirSender, line: FaultyLine, name: str) -> None:
    site = whole_session(name)[0]
    line.cut()
    assert await sender.send(site) == Retry("not_reached: ConnectionError")
    line.restore()
    assert isinstance(await sender.send(site), Delivered)


async def test_a_reading_before_its_session_waits_then_parks(
    sender: FhirSender, mode: str, name: str
) -> None:
    site, opening, reading = whole_session(name)[:3]
    await deliver(sender, site)
    orphan = record.reading_payload(SITE, session(name), readings(name)[0]).replace(b"FE-ED-AB", b"FE-ED-AA")
    early = item("reading", orphan, name)
    outcome = await sender.send(early)
    assert isinstance(outcome, Retry) and outcome.reason.startswith("HTTP 404")
    assert isinstance(await sender.send(replace(early, attempts=6)), Park)
    await deliver(sender, opening)
    await deliver(sender, reading)


async def test_a_damaged_record_is_quarantined_alone(sender: FhirSender, name: str) -> None:
    outcome = await sender.send(item("open", b"{}", name))
    assert outcome == Quarantine("bad_record: this record cannot be sent")


async def test_a_server_that_we_do_not_trust_gets_nothing(
    line: FaultyLine, tmp_path: Path, name: str
) -> None:
    sender = FhirSender(FhirSettings(line.url, timeout_s=3.0))
    assert await sender.send(whole_session(name)[0]) == Retry("not_reached: SSLError")
    await sender.close()
    assert line.seen == []


async def test_a_renewed_token_is_read_again(tmp_path: Path, name: str) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    with fhir_server(tmp_path / "guarded", tokens=["new"]) as guarded:
        sender = FhirSender(FhirSettings(guarded.url, token, guarded.ca))
        site = whole_session(name)[0]
        assert isinstance(await sender.send(site), Pause)
        token.write_text("new\n")
        assert isinstance(await sender.send(site), Delivered)
        token.unlink()
        await sender.close()
        without = FhirSender(FhirSettings(guarded.url, token, guarded.ca))
        assert isinstance(await without.send(site), Pause)
        await without.close()


def identity(directory: Path) -> tuple[Path, Path]:
    """A kiosk's own certificate and key, as its organisation hands them out."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST kiosk")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    (directory / "kiosk.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (directory / "kiosk.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return directory / "kiosk.pem", directory / "kiosk.key"


async def test_a_server_that_asks_who_we_are_is_shown_our_certificate(
    server: FhirServer, tmp_path: Path, name: str
) -> None:
    ours, key = identity(tmp_path)
    with FaultyLine(server.url, server.ca, tmp_path / "line", clients=ours) as strict:
        site = whole_session(name)[0]
        known = FhirSettings(strict.url, ca_file=strict.ca, cert_file=ours, key_file=key)
        for settings, outcome in (
            (known, Delivered),
            (replace(known, cert_file=None, key_file=None), Retry),
            (replace(known, key_file=tmp_path / "absent"), Pause),
            (replace(known, ca_file=tmp_path / "absent"), Pause),
        ):
            sender = FhirSender(settings)
            assert isinstance(await sender.send(site), outcome)
            await sender.close()


async def test_neither_proxy_nor_netrc_of_the_environment_counts(
    line: FaultyLine, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    sender = FhirSender(FhirSettings(line.url, ca_file=line.ca))
    assert isinstance(await sender.send(whole_session(name)[0]), Delivered)
    await sender.close()


async def test_sessions_side_by_side(sender: FhirSender, server: FhirServer, mode: str) -> None:
    names = [f"S-{uuid4()}" for _ in range(4)]

    async def one(name: str) -> None:
        for each in whole_session(name):
            await deliver(sender, each)

    await asyncio.gather(*map(one, names))
    assert [len(observations(server, name)) for name in names] == [8] * 4
    assert server.get(f"Organization?identifier={FINESS}|{SITE.finess}")["total"] == 1


async def test_a_server_that_takes_our_ids_no_more_is_asked_again(
    sender: FhirSender, line: FaultyLine, server: FhirServer, name: str
) -> None:
    site, opening, *_ = whole_session(name)
    await deliver(sender, site)
    line.hide_update_create = True
    line.fault("answer:409", times=TRIES_BEFORE_PARKING + 1)
    parked = await sender.send(replace(opening, attempts=TRIES_BEFORE_PARKING))
    line.clear()
    assert isinstance(parked, Park)
    line.seen.clear()
    await deliver(sender, opening)
    assert any("/Encounter?identifier=" in path for _, path in line.seen), "looked for first, as it wants now"
    assert holds(server, "Encounter", "session", session(name).id) == 1


async def test_an_opening_that_the_server_stores_late_does_not_undo_the_close(
    line: FaultyLine, server: FhirServer, name: str
) -> None:
    sender = FhirSender(FhirSettings(line.url, ca_file=line.ca, timeout_s=0.8))
    site, opening, *_, close = whole_session(name)
    await deliver(sender, site)
    line.fault("late")
    assert isinstance(await sender.send(opening), Retry)
    await deliver(sender, opening)
    outcome = await sender.send(close)
    assert isinstance(outcome, Retry) and outcome.reason == late_openings.REASON
    await asyncio.sleep((outcome.after_s or 0.0) + 0.1)
    await deliver(sender, close)
    await asyncio.to_thread(line.settle)
    await sender.close()
    (encounter,) = server.get(f"Encounter?identifier={SID}/session|{session(name).id}")["entry"]
    assert encounter["resource"]["status"] == "finished"


async def test_what_an_earlier_run_may_have_sent_is_waited_for(line: FaultyLine, name: str) -> None:
    sender = FhirSender(FhirSettings(line.url, ca_file=line.ca), earlier=1)
    site, opening, *_, close = whole_session(name)
    await deliver(sender, site)
    await deliver(sender, opening)
    assert isinstance(await sender.send(close), Retry)
    line.hide_update_create = True
    other = FhirSender(FhirSettings(line.url, ca_file=line.ca))
    assert isinstance(await other.send(close), Delivered), "its conditional creates undo nothing"
    await other.close()
    await sender.close()
