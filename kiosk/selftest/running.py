"""The self-test of a kiosk that runs: what the technician's screen shows."""

import asyncio
from typing import TYPE_CHECKING

from kiosk.assembly import key_file
from kiosk.selftest.instruments import check_bluetooth, check_kinds, expected_kinds
from kiosk.selftest.machine import check_clock, check_counts, check_disk, check_key
from kiosk.selftest.network import check_fhir, check_rendezvous
from kiosk.selftest.report import Check, Part, Problem, Report, red
from kiosk.selftest.speaker import check_speaker
from offline_queue.errors import OutboxError

if TYPE_CHECKING:
    from kiosk.service import Kiosk

OPENING_S = 4.0


async def check_running(kiosk: "Kiosk") -> Report:
    """Between sessions cameras and microphones are opened for a moment; during one they are open anyway."""
    config = kiosk.config
    idle = kiosk.session is None
    if idle:
        await _open_media(kiosk)
    store, meeting, fhir, speaker, _ = await asyncio.gather(
        _check_store(kiosk),
        check_rendezvous(config.rendezvous, kiosk.meeting.page_url),
        check_fhir(config.fhir),
        check_speaker(config.devices.speaker),
        asyncio.sleep(OPENING_S if idle else 0),
    )
    statuses = kiosk.hub.instruments
    adapter = check_bluetooth(config.devices.bluetooth, statuses)
    checks = adapter + check_kinds(expected_kinds(config.devices.expected), statuses)
    if idle:
        await kiosk.instruments.rest()
    machine = (check_disk(config.kiosk.data_dir), check_clock(), check_key(key_file(config)))
    return Report((*machine, store, meeting, fhir, speaker, *checks))


async def _open_media(kiosk: "Kiosk") -> None:
    kiosk.instruments.wake()
    await kiosk.instruments.switch("otoscope", True)
    await kiosk.instruments.switch("stethoscope", True)


async def _check_store(kiosk: "Kiosk") -> Check:
    """It opened at the start, so the key is right; what waits and what is stuck."""
    try:
        counts = await kiosk.outbox.counts()
    except OutboxError as error:
        return red(Part.STORE, Problem.NOT_WORKING, detail=error.reason.value)
    return check_counts(counts)
