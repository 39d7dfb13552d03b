"""Checkpoints of the audit chain arrive as AuditEvents: once, valid, readable for who verifies it."""

from contextlib import closing
from pathlib import Path

import pytest

from kiosk.fhir.audit import checkpoint_of, kiosk_tag
from kiosk.fhir.client import FhirSender
from kiosk.fhir.mapping import bundle_for
from kiosk.fhir.naming import BASE, TAG, Naming
from kiosk.fhir.server import FhirServer as Asked
from kiosk.fhir.server import FhirSettings
from kiosk.fhir.wire import to_json
from offline_queue.audit.checkpoint import decode
from offline_queue.audit.event import NewEvent
from offline_queue.item import Item
from offline_queue.outcome import Backoff, Delivered, Park
from offline_queue.store import Store
from tests.fakes.fhir_faults import FaultyLine
from tests.fakes.fhir_server import FhirServer
from tests.kiosk.fhir.test_validators import google, rust
from tests.offline_queue.helpers import KEY, NOW


def checkpoint(directory: Path, owner: str) -> Item:
    with closing(Store(directory, KEY, owner, Backoff())) as store:
        store.put([], {}, [NewEvent("session_opened", "4711", {"kind": "teleconsultation"})])
        assert store.make_checkpoint(NOW)
        item = store.claim(NOW)
        assert item is not None and item.kind == "audit"
        return item


@pytest.mark.parametrize("own_ids", [True, False])
def test_both_validators_accept_it(tmp_path: Path, own_ids: bool) -> None:
    item = checkpoint(tmp_path / "outbox", "FE-ED-AB-EE-DE-AD-77-01")
    document = to_json(bundle_for(item.kind, item.payload, Naming(own_ids=own_ids)))
    assert rust(document) == []
    assert google([document]) == [""]


async def test_it_arrives_once_and_vouches_for_the_chain(
    sender: FhirSender, server: FhirServer, line: FaultyLine, mode: str, tmp_path: Path
) -> None:
    owner = {"own ids": "FE-ED-AB-EE-DE-AD-78-01", "conditional creates": "FE-ED-AB-EE-DE-AD-78-02"}[mode]
    first = checkpoint(tmp_path / "outbox", owner)
    for _ in range(2):
        outcome = await sender.send(first)
        assert isinstance(outcome, Delivered), outcome
    tag = f"{BASE}/audit-checkpoint|{first.id}"
    found = server.get(f"AuditEvent?_tag={tag}")["entry"]
    assert len(found) == 1
    with closing(Asked(FhirSettings(line.url, ca_file=line.ca))) as asked:
        (resource,) = asked.newest("AuditEvent", TAG, *kiosk_tag(Naming(BASE), owner), pages=2)
    held = checkpoint_of(resource, owner)
    sent, events = decode(first.payload)
    assert held == sent and held.is_authentic
    assert [event.kind for event in events] == ["session_opened"]


@pytest.mark.parametrize("status", [403, 404])
async def test_a_server_that_takes_none_keeps_no_record_waiting(
    sender: FhirSender, line: FaultyLine, tmp_path: Path, status: int
) -> None:
    item = checkpoint(tmp_path / "outbox", "FE-ED-AB-EE-DE-AD-79-01")
    line.fault(f"answer:{status}")
    assert isinstance(await sender.send(item), Park)
