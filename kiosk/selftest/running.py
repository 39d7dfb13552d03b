"""The self-test of a kiosk that runs: what the technician's screen shows, and what every morning runs."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING

from kiosk.audit import of_report
from kiosk.auditing import note
from kiosk.data_dir import report_file
from kiosk.selftest.causes import name_once
from kiosk.selftest.daily import SelfTests
from kiosk.selftest.machine import check_machine, check_store
from kiosk.selftest.report import Check, Part, Problem, Report, red
from kiosk.selftest.senses import check_senses, open_media
from kiosk.selftest.servers import check_servers
from offline_queue.errors import OutboxError

if TYPE_CHECKING:
    from kiosk.service import Kiosk

OPENING_S = 4.0
OPEN_S = 0.5


def daily_tests(kiosk: "Kiosk", told: Callable[[Report], None]) -> SelfTests:
    """Those of this kiosk, at the hour of its settings. `told` of each report that is kept."""
    hour = kiosk.config.kiosk.selftest_at
    at = time.fromisoformat(hour) if hour else None
    file = report_file(kiosk.config)

    async def check(idle: bool) -> Report:
        report = await check_running(kiosk, idle)
        await note(kiosk.outbox, of_report(report))
        return report

    return SelfTests(check, lambda: kiosk.is_idle, told, file, at)


async def check_running(kiosk: "Kiosk", idle: bool) -> Report:
    """While `idle`, cameras and microphones are opened for a moment and a tone is played. During a session
    they are open anyway, and nobody is startled.
    """
    async with asyncio.TaskGroup() as group:  # cut short, none goes on: no tone comes later
        machine = group.create_task(_check_machine(kiosk))
        servers = group.create_task(check_servers(kiosk.config, kiosk.meeting.call_settings("")))
        sensing = _check_idle(kiosk) if idle else _check_senses(kiosk, audible=False, opening_s=OPEN_S)
        senses = group.create_task(sensing)
    return Report(name_once((*machine.result(), *servers.result(), *senses.result())))


async def _check_machine(kiosk: "Kiosk") -> tuple[Check, ...]:
    """The store opened at the start, so the key is right; what waits and what is stuck."""
    try:
        store = await check_store(kiosk.outbox)
    except OutboxError as error:
        store = red(Part.STORE, Problem.NOT_WORKING, detail=error.reason.value)
    return await check_machine(kiosk.config, store)


async def _check_idle(kiosk: "Kiosk") -> tuple[Check, ...]:
    await open_media(kiosk.instruments)
    try:
        return await _check_senses(kiosk, audible=True, opening_s=OPENING_S)
    finally:
        await kiosk.instruments.rest()


async def _check_senses(kiosk: "Kiosk", audible: bool, opening_s: float) -> tuple[Check, ...]:
    opening = asyncio.sleep(opening_s)
    config = replace(kiosk.config, devices=kiosk.parts.devices)
    return await check_senses(
        config,
        kiosk.instruments,
        lambda: kiosk.hub.instruments,
        opening,
        opening_s,
        audible,
        kiosk.units.away,
    )
