"""How fast a backlog drains: our outbox and sender beside a bare `requests` loop, into the same real server.

Both send the same transactions, four at a time, a kept connection each, in turns of `turn` records until
`records` are sent by each side; who begins changes with each turn. The server is given some before: its
first few hundred cost it less than all that follow.

Ours claims, maps, checks each answer, notes, destroys and tells the chain for each record; the loop posts
bodies that lie ready in memory and looks at the status alone.
"""

import asyncio
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import requests

from kiosk import record
from kiosk.fhir.client import FhirSender
from kiosk.fhir.mapping import bundle_for
from kiosk.fhir.naming import Naming
from kiosk.fhir.server import FhirSettings
from kiosk.fhir.wire import to_json
from offline_queue.delivery import PARALLEL, Delivery
from offline_queue.outbox import NewItem, Outbox
from tests.bench.quiet import PATIENCE_S, wait_for_quiet
from tests.bench.report import ROOT, ratio, table
from tests.fakes.fhir_server import FhirServer, fhir_server
from tests.kiosk.bench import temperature
from tests.kiosk.records import SITE, session

RECORDS = 10_000
TURN = 1000
AIM = 0.9
_STREAMS = 40
_WARM_UP = 500
_OWNER = "bench"


def run(
    directory: Path = ROOT, records: int = RECORDS, turn: int = TURN, patience_s: float = PATIENCE_S
) -> dict[str, Any]:
    """Records a second of each, and their ratio."""
    idle = wait_for_quiet(patience_s)
    with tempfile.TemporaryDirectory(dir=directory) as folder, fhir_server(Path(folder) / "server") as server:
        ours_s, bare_s = asyncio.run(_in_turns(Path(folder), server, records, turn))
    ours, bare = records / sum(ours_s), records / sum(bare_s)
    return {
        "idle_before": idle, "records": records, "turn": turn, "parallel": PARALLEL,
        "ours_per_s": round(ours, 1), "bare_per_s": round(bare, 1), "ratio": ratio(ours, bare), "aim": AIM,
        "ours_turns_s": ours_s, "bare_turns_s": bare_s,
    }  # fmt: skip


def show(result: dict[str, Any]) -> str:
    rows = [
        ("our outbox and sender", f"{result['ours_per_s']}"),
        ("a bare requests loop", f"{result['bare_per_s']}"),
        ("ratio", f"{result['ratio']:.2f} (aim >= {result['aim']})"),
    ]
    return table(f"A backlog of {result['records']:,} into one server", ("", "records a second"), rows)


async def _in_turns(
    folder: Path, server: FhirServer, records: int, turn: int
) -> tuple[list[float], list[float]]:
    outbox = await Outbox.open(folder / "outbox", bytes(32), _OWNER)
    await _fill(outbox, records)
    sender = FhirSender(FhirSettings(server.url, ca_file=server.ca))
    bodies = [_body(number) for number in range(records)]
    ours_s: list[float] = []
    bare_s: list[float] = []
    await _drain(outbox, sender, 0)
    await asyncio.to_thread(_post, server, [_body(number) for number in range(_WARM_UP)])
    for begin in range(0, records, turn):
        bare = partial(asyncio.to_thread, _post, server, bodies[begin : begin + turn])
        bare_first = len(ours_s) % 2 == 1
        if bare_first:
            bare_s.append(await bare())
        ours_s.append(await _drain(outbox, sender, begin + turn))
        if not bare_first:
            bare_s.append(await bare())
    await sender.close()
    await outbox.close()
    return ours_s, bare_s


async def _fill(outbox: Outbox, records: int) -> None:
    """The site and the sessions that they belong to first; then readings, as each session's stream."""
    streams = [session(f"backlog-{number}") for number in range(_STREAMS)]
    for each in streams:
        name = str(each.id)
        first = [
            NewItem(f"{name}-site", name, "site", record.site_payload(SITE)),
            NewItem(f"{name}-open", name, "open", record.open_payload(SITE, each)),
        ]
        await outbox.put(first)
    for begin in range(0, records, 100):
        items = [
            NewItem(f"r{number}", str(streams[number % _STREAMS].id), "reading", _payload(number))
            for number in range(begin, begin + 100)
        ]
        await outbox.put(items)


async def _drain(outbox: Outbox, sender: FhirSender, until_delivered: int) -> float:
    wanted = until_delivered + 2 * _STREAMS
    done = asyncio.Event()
    delivery = Delivery(
        outbox, sender, lambda status: done.set() if status.counts.delivered >= wanted else None
    )
    start = time.perf_counter()
    running = asyncio.create_task(delivery.run())
    await done.wait()
    taken = time.perf_counter() - start
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return round(taken, 3)


def _payload(number: int) -> bytes:
    return record.reading_payload(SITE, session(f"backlog-{number % _STREAMS}"), temperature())


def _body(number: int) -> bytes:
    return to_json(bundle_for("reading", _payload(number), Naming(own_ids=True)))


def _post(server: FhirServer, bodies: list[bytes]) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(
            pool.map(
                lambda share: _post_share(server, share), [bodies[at::PARALLEL] for at in range(PARALLEL)]
            )
        )
    return round(time.perf_counter() - start, 3)


def _post_share(server: FhirServer, bodies: list[bytes]) -> None:
    with requests.Session() as line:
        line.verify, line.trust_env = str(server.ca), False  # the environment may name other authorities
        for body in bodies:
            answer = line.post(
                server.url, data=body, headers={"Content-Type": "application/fhir+json"}, timeout=30
            )
            answer.raise_for_status()
