"""The self-test as a command: no window, no session; it runs beside a kiosk or instead of one."""

import asyncio
from pathlib import Path

from devices.reading import Reading, Waveform
from drivers.instrument import InstrumentStatus
from kiosk.assembly import key_file, store_dir
from kiosk.config import Config
from kiosk.instruments import Instruments
from kiosk.meeting import Meeting
from kiosk.rendezvous.errors import RendezvousError, RendezvousReason
from kiosk.selftest.instruments import check_bluetooth, check_kinds, expected_kinds
from kiosk.selftest.machine import check_clock, check_counts, check_disk, check_key
from kiosk.selftest.network import check_fhir, check_rendezvous
from kiosk.selftest.report import Check, Part, Problem, Report, amber, green, red
from kiosk.selftest.speaker import check_speaker
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.keys import load_or_create_key
from offline_queue.outbox import Outbox


async def check_alone(config: Config, page_dir: Path, seconds: float) -> Report:
    """Check every part; instruments get `seconds` to show up."""
    store, meeting, fhir, instruments, speaker = await asyncio.gather(
        _check_store(config),
        _check_meeting(config, page_dir),
        check_fhir(config.fhir),
        _check_instruments(config, seconds),
        check_speaker(config.devices.speaker),
    )
    machine = (check_disk(config.kiosk.data_dir), check_clock(), check_key(key_file(config)))
    return Report((*machine, store, meeting, fhir, speaker, *instruments))


async def _check_store(config: Config) -> Check:
    """Open it with the key; a kiosk that runs holds it, and that is good."""
    directory = store_dir(config)
    try:
        outbox = await Outbox.open(
            directory, load_or_create_key(key_file(config), directory), config.kiosk.id
        )
        counts = await outbox.counts()
        await outbox.close()
    except OutboxError as error:
        if error.reason is OutboxReason.BUSY:
            return green(Part.STORE)  # the kiosk that runs holds it: its key is right
        if check_key(key_file(config)).problem is Problem.KEY_READABLE_BY_OTHERS:
            return amber(Part.STORE, Problem.KEY_READABLE_BY_OTHERS)  # the key's own line is the red one
        return red(Part.STORE, _PROBLEMS.get(error.reason, Problem.NOT_WORKING), detail=error.reason.value)
    return check_counts(counts)


async def _check_meeting(config: Config, page_dir: Path) -> Check:
    """Start the embedded server and fetch the page as a physician would. A kiosk that runs has the port."""
    meeting = Meeting(config, page_dir)
    try:
        await meeting.start()
    except RendezvousError as error:
        if error.reason is not RendezvousReason.PORT_BUSY:
            return red(Part.RENDEZVOUS, Problem.NOT_WORKING, detail=error.reason.value)
    try:
        return await check_rendezvous(config.rendezvous, meeting.page_url)
    finally:
        await meeting.stop()


async def _check_instruments(config: Config, seconds: float) -> tuple[Check, ...]:
    seen = _Seen()
    instruments = Instruments(config.devices, seen)
    instruments.wake()
    await instruments.switch("otoscope", True)
    await instruments.switch("stethoscope", True)
    running = asyncio.create_task(instruments.run())
    await asyncio.wait([running], timeout=seconds)
    running.cancel()
    await asyncio.wait([running])
    statuses = seen.statuses.values()
    adapter = check_bluetooth(config.devices.bluetooth, statuses)
    return adapter + check_kinds(expected_kinds(config.devices.expected), statuses)


class _Seen:
    """A sink that only remembers states: a self-test measures nobody."""

    def __init__(self) -> None:
        self.statuses: dict[str, InstrumentStatus] = {}

    def status(self, status: InstrumentStatus) -> None:
        self.statuses[status.id] = status

    async def reading(self, reading: Reading) -> None:
        """Belongs to nobody."""

    def waveform(self, waveform: Waveform) -> None:
        """Belongs to nobody."""


_PROBLEMS = {
    OutboxReason.WRONG_KEY_OR_DAMAGED: Problem.WRONG_KEY_OR_DAMAGED,
    OutboxReason.KEY_MISSING: Problem.WRONG_KEY_OR_DAMAGED,
    OutboxReason.KEY_UNREADABLE: Problem.WRONG_KEY_OR_DAMAGED,
    OutboxReason.MISSING: Problem.NOT_FOUND,
    OutboxReason.DISK_FULL: Problem.NEARLY_FULL,
}
