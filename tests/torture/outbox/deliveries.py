"""Killed while it delivers, to a server that answers in every wrong way: each record arrives once, intact."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kiosk.fhir.audit import checkpoint_of
from kiosk.fhir.known import key_of
from kiosk.fhir.mapping import bundle_for
from kiosk.fhir.naming import BASE, Naming
from kiosk.fhir.wire import to_json
from offline_queue.audit.trail import read_trail
from offline_queue.audit.verify import Kept, check
from tests.fakes.fhir_faults import BAD_CERTIFICATE, FAULTS, FaultyLine
from tests.fakes.fhir_server import FhirServer, fhir_server
from tests.kiosk.fhir.items import whole_session
from tests.offline_queue.helpers import KEY, OWNER
from tests.torture.outbox.child import scratch
from tests.torture.outbox.courier import session_name
from tests.torture.outbox.judge import Told
from tests.torture.outbox.proofs import Proof

# What is refused for good is kept and shown, not delivered.
_FAULTS = [BAD_CERTIFICATE, *sorted(set(FAULTS) - {"422"})]
_LONGEST_LIFE_S = 1.5
_LIVES = 10
_ALL_FAULTS_MET = 200  # kills, after which each kind of fault has been met
_DRAINED_S = 120.0
_ITS_OWN = ("id", "meta", "text")
"""What a server gives or adds."""
Json = dict[str, Any]


def deliveries(kills: int, seed: int = 1) -> Proof:
    """In turns with a server that takes our ids, and one that does not."""
    proof = Proof("killed while it delivers to a faulty server: each record arrives once, unaltered")
    rng = random.Random(seed)
    faults, met = _dealt(rng), Counter[str]()
    while proof.tries < kills:
        with (
            scratch() as folder,
            fhir_server(folder / "server") as server,
            FaultyLine(server.url, server.ca, folder / "line") as line,
        ):
            line.hide_update_create = proof.tries // _LIVES % 2 == 1
            _one_kiosk(proof, rng, folder / "outbox", server, line, faults, min(_LIVES, kills - proof.tries))
            met += line.spoiled
    proof.seen.append(", ".join(f"{what} {times}" for what, times in sorted(met.items())))
    if kills >= _ALL_FAULTS_MET:
        proof.broken += [f"{what} was never met" for what in _FAULTS if not met[what]]
    return proof


def _dealt(rng: random.Random) -> Iterator[str]:
    """Each fault as often as every other one, in no order."""
    while True:
        yield from rng.sample(_FAULTS, len(_FAULTS))


def _one_kiosk(
    proof: Proof,
    rng: random.Random,
    directory: Path,
    server: FhirServer,
    line: FaultyLine,
    faults: Iterator[str],
    lives: int,
) -> None:
    put: list[str] = []
    for life in range(lives):
        for _ in range(rng.randint(1, 4)):
            what = next(faults)
            line.fault(what, method="POST" if what == "wrong_id" else rng.choice(("POST", "POST", "GET")))
        put += _killed(directory, line, life, rng.uniform(0.0, _LONGEST_LIFE_S))
        line.clear()
    ended = _drained(_run(directory, line, lives, 0))
    line.settle()
    wrong = [] if ended and ended[-1] == "drained, 0 refused" else [f"it did not drain: {ended}"]
    acknowledged = {each.split()[1] for each in (*put, *ended) if each.startswith("put ")}
    mode = "creates on a condition" if line.hide_update_create else "own ids"
    told = Told(dict.fromkeys(acknowledged, ""))
    wrong += differences(server, acknowledged, lives) + _chain(server, directory)
    proof.note(told, wrong, f"{mode}, after {proof.tries} kills")
    proof.tries += lives - 1


def _killed(directory: Path, line: FaultyLine, number: int, after_s: float) -> list[str]:
    courier = _run(directory, line, number, 1)
    assert courier.stdout is not None
    first = courier.stdout.readline()  # importing is over
    time.sleep(after_s)
    courier.kill()
    said = [first, *courier.stdout.readlines()]
    courier.wait()
    return [each.strip() for each in said if each.endswith("\n")]


def _drained(courier: subprocess.Popen[str]) -> list[str]:
    try:
        said, _ = courier.communicate(timeout=_DRAINED_S)
    except subprocess.TimeoutExpired:
        courier.kill()
        said, _ = courier.communicate()
    return said.splitlines()


def _run(directory: Path, line: FaultyLine, first: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.torture.outbox.courier", str(directory), line.url, str(line.ca)]
    return subprocess.Popen([*command, str(first), str(count)], stdout=subprocess.PIPE, text=True)


def differences(server: FhirServer, acknowledged: set[str], sessions: int) -> list[str]:
    """What is on the server against what was put: how often, with what in it, and what it cites."""
    wanted: dict[tuple[str, str], Json] = {}
    names: dict[str, str] = {}
    for number in range(sessions):
        for item in whole_session(session_name(number)):
            if item.id in acknowledged:
                for entry in bundle_for(item.kind, item.payload, Naming(own_ids=False))["entry"]:
                    kind, key = entry["resource"]["resourceType"], "|".join(_key(entry))
                    wanted[kind, key] = entry["resource"]
                    names[entry["fullUrl"]] = f"{kind}?identifier={key}"
    there = _Citations(server, wanted)
    faults = []
    for (kind, key), sent in wanted.items():
        meant = _citing(json.loads(to_json(sent)), lambda to: unquote(names.get(to, to)))
        faults.append(_fault(server, kind, key, meant, there))
    return [fault for fault in faults if fault]


class _Citations:
    """What a reference on the server leads to, by the identifier that we know it by."""

    def __init__(self, server: FhirServer, wanted: Container[tuple[str, str]]) -> None:
        self._server, self._wanted = server, wanted
        self._known: dict[str, str] = {}

    def name(self, reference: str) -> str:
        if reference not in self._known:
            self._known[reference] = self._asked(reference)
        return self._known[reference]

    def _asked(self, reference: str) -> str:
        kind, id_ = reference.split("/_history")[0].split("/")[-2:]
        keys = [f"{each['system']}|{each['value']}" for each in self._resource(kind, id_)]
        ours = [key for key in keys if (kind, key) in self._wanted]
        return f"{kind}?identifier={ours[0]}" if ours else f"{reference}, which is not ours"

    def _resource(self, kind: str, id_: str) -> list[Json]:
        found = self._server.get(f"{kind}/{id_}").get("identifier", [])
        return found if isinstance(found, list) else [found]


def _citing(value: Any, name: Callable[[str], str]) -> Any:
    """The same with each reference as what it leads to: the server gives the ids."""
    if isinstance(value, list):
        return [_citing(each, name) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: name(each) if key == "reference" else _citing(each, name) for key, each in value.items()}


def _chain(server: FhirServer, directory: Path) -> list[str]:
    """Each checkpoint is there once, and what they say of the chain is what it is."""
    trail = read_trail(directory, KEY, OWNER)
    wrong: list[str] = []
    held = []
    for item in trail.sent:
        found = server.get(f"AuditEvent?_tag={BASE}/audit-checkpoint|{item}").get("entry", [])
        if len(found) != 1:
            wrong.append(f"checkpoint {item} is there {len(found)} times")
        held += [checkpoint_of(each["resource"], OWNER) for each in found]
    flaws = check(OWNER, trail.events, Kept(held, named=trail.sent))
    return wrong + [f"the chain: {flaw.flaw} {flaw.first} to {flaw.last}" for flaw in flaws]


def _key(entry: Json) -> tuple[str, str]:
    if "ifNoneExist" in entry["request"]:
        return key_of(entry)[1:]
    identifier = entry["resource"]["identifier"][0]  # an update of what an earlier item created
    return identifier["system"], identifier["value"]


def _fault(server: FhirServer, kind: str, key: str, sent: Json, there: _Citations) -> str:
    found = server.get(f"{kind}?identifier={key}&_count=10").get("entry", [])
    if len(found) != 1:
        return f"{kind} {key} is there {len(found)} times"
    stored = _citing(_with_content(server, found[0]["resource"]), there.name)
    altered = [name for name, value in sent.items() if name not in _ITS_OWN and stored.get(name) != value]
    return f"{kind} {key} is altered in {altered}" if altered else ""


def _with_content(server: FhirServer, resource: Json) -> Json:
    """With its content inside, also where that is a Binary."""
    content = resource.get("content")
    if not isinstance(content, dict) or "url" not in content:
        return resource
    inside = {name: value for name, value in content.items() if name != "url"}
    return {**resource, "content": {**inside, "data": server.get(content["url"])["data"]}}
