"""Delivers outbox items to a FHIR server, each exactly once.

Where the server takes our ids, a record is a PUT of its own id: sent twice, it is there once. Elsewhere it
is a conditional create, and before every attempt the server is asked for what an earlier one left: an attempt
that broke off may have been stored. Site resources are always looked for first: another system may know them.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from kiosk.fhir.answers import of_conflict, of_entries, of_error
from kiosk.fhir.creations import Creations
from kiosk.fhir.errors import FhirError
from kiosk.fhir.known import Known, key_of, under_own_ids, without
from kiosk.fhir.late_openings import LateOpenings
from kiosk.fhir.mapping import bundle_for
from kiosk.fhir.naming import Naming
from kiosk.fhir.server import FhirServer, FhirSettings, Undelivered
from kiosk.fhir.wire import Json
from kiosk.record import PayloadKind
from offline_queue.audit.checkpoint import AUDIT
from offline_queue.delivery import PARALLEL
from offline_queue.item import Item
from offline_queue.outcome import Delivered, Outcome, Park, Pause, Quarantine

__all__ = ["FhirSender", "FhirSettings"]

log = logging.getLogger(__name__)


class FhirSender:
    """The outbox's sender. The caller keeps the order within a session; sessions may go side by side."""

    def __init__(self, settings: FhirSettings, earlier: int = 0) -> None:
        """`earlier`: the highest sequence that an earlier run of this program may have sent."""
        self._server = FhirServer(settings)
        self._settings = settings
        self._executor = ThreadPoolExecutor(PARALLEL, thread_name_prefix="fhir")
        self._creations = Creations()
        self._late = LateOpenings(settings.timeout_s, earlier)

    async def send(self, item: Item) -> Outcome:
        """One attempt; it is over after a few times `timeout_s`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._send, item)

    async def close(self) -> None:
        """Attempts under way end by themselves within their timeout."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._server.close()

    def _send(self, item: Item) -> Outcome:
        outcome = self._outcome(item)
        self._late.note(item, outcome)
        if isinstance(outcome, Park):
            self._server.forget_capability()  # it may take our ids no more
        return outcome

    def _outcome(self, item: Item) -> Outcome:
        try:
            return self._attempt(item)
        except Undelivered as end:
            return end.outcome
        except FhirError as error:
            log.info("%s item %s not delivered: %s", item.kind, item.id, error.reason)
            return of_error(error, self._settings.timeout_s)

    def _attempt(self, item: Item) -> Outcome:
        capability = self._server.capability()
        own_ids = capability.update_create
        if item.kind == AUDIT:
            return self._deliver_audit(item, capability.takes_id_of("AuditEvent"))
        if item.kind == PayloadKind.SITE:
            return self._deliver_missing(item, own_ids)
        if own_ids:
            if held := self._late.hold(item):
                return held
            naming = Naming(self._settings.identifier_base, True, binaries=capability.takes_id_of("Binary"))
            return self._deliver(bundle_for(item.kind, item.payload, naming), item)
        return self._deliver_missing(item, False)

    def _deliver_audit(self, item: Item, own_ids: bool) -> Outcome:
        """A server that takes no AuditEvent must not keep a record waiting: the chain alone waits."""
        try:
            outcome = self._deliver_missing(item, own_ids)
        except Undelivered as end:
            outcome = end.outcome
        return Park(outcome.reason) if isinstance(outcome, Pause | Quarantine) else outcome

    def _deliver_missing(self, item: Item, own_ids: bool) -> Outcome:
        """Whoever creates the same thing waits (two sessions share an instrument); nobody else does."""
        bundle = bundle_for(item.kind, item.payload, Naming(self._settings.identifier_base, False))
        with self._creations.alone({entry["fullUrl"] for entry in bundle["entry"]}):
            known = self._known(bundle)
            missing = without(bundle, known)
            if not missing["entry"]:
                return Delivered(" ".join(known.values()))
            return self._deliver(under_own_ids(missing) if own_ids else missing, item)

    def _known(self, bundle: Json) -> Known:
        """What the server has already, of what is created only if it is new."""
        known: Known = {}
        for entry in bundle["entry"]:
            if "ifNoneExist" not in entry["request"]:
                continue  # an update of what must be there
            kind = entry["resource"]["resourceType"]
            found = self._server.find(kind, *key_of(entry))
            if len(found) > 1:
                log.warning("the server holds %d copies of one %s", len(found), kind)
            if found:
                known[entry["fullUrl"]] = f"{kind}/{found[0]}"
        return known

    def _deliver(self, bundle: Json, item: Item) -> Outcome:
        response = self._server.transact(bundle, item.attempts)
        stored = of_entries(bundle, response, item.attempts)
        if not isinstance(stored, tuple):
            return stored
        if item.kind == PayloadKind.CLOSE and not self._is_finished(stored):
            return of_conflict("the encounter is not finished on the server", item.attempts)
        return Delivered(" ".join(stored))

    def _is_finished(self, stored: tuple[str, ...]) -> bool:
        """An opening that hung in the server for long may have been stored after the close."""
        encounters = [each.partition("/")[2] for each in stored if each.startswith("Encounter/")]
        return all(self._server.read("Encounter", id_).get("status") == "finished" for id_ in encounters)
