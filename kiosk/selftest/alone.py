"""The self-test as a command: no window, no session; it runs beside a kiosk or instead of one."""

import asyncio
from collections import Counter
from contextlib import suppress
from pathlib import Path

from devices.catalog import by_key
from devices.reading import DeviceIdentity, Kind, Reading, Waveform
from drivers.instrument import InstrumentState, InstrumentStatus
from kiosk.choices import with_choices
from kiosk.config import Config
from kiosk.data_dir import chip, key_file, mark_file, store_dir
from kiosk.instrument_board import InstrumentBoard
from kiosk.instruments import Instruments
from kiosk.meeting import Meeting
from kiosk.rendezvous.errors import RendezvousError, RendezvousReason
from kiosk.selftest.causes import name_once
from kiosk.selftest.chosen import expected_kinds
from kiosk.selftest.instruments import PARTS
from kiosk.selftest.machine import check_machine, check_store
from kiosk.selftest.report import Check, Part, Problem, Report, amber, green, red, skipped
from kiosk.selftest.senses import check_senses, open_media
from kiosk.selftest.servers import check_servers
from kiosk.units import Units
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outbox import Outbox
from offline_queue.rotation import ready_key


async def check_alone(config: Config, page_dir: Path, seconds: float) -> Report:
    """Check every part; instruments get `seconds` to show up, less when all have."""
    config = with_choices(config)
    store, beside = await _check_store(config)
    machine, servers, senses = await asyncio.gather(
        check_machine(config, store),
        _check_servers(config, page_dir),
        _leave_senses(config) if beside else _check_senses(config, seconds),
    )
    return Report(name_once((*machine, *servers, *senses)))


async def _check_store(config: Config) -> tuple[Check, bool]:
    """Open it with the key. True: a kiosk that runs holds it, and that is good."""
    directory = store_dir(config)
    try:
        key = await asyncio.to_thread(ready_key, directory, key_file(config), chip(config))
        outbox = await Outbox.open(directory, key, config.kiosk.id, outside=mark_file(config))
        store = await _verified(outbox)
    except OutboxError as error:
        if error.reason is OutboxReason.BUSY:
            return green(Part.STORE), True
        problem = _PROBLEMS.get(error.reason, Problem.NOT_WORKING)
        return red(Part.STORE, problem, detail=error.reason.value), False
    return store, False


async def _verified(outbox: Outbox) -> Check:
    """After the comparison of all that is kept, for which a running kiosk takes its time."""
    try:
        await outbox.compared()
        return await check_store(outbox)
    finally:
        await outbox.close()


async def _check_servers(config: Config, page_dir: Path) -> tuple[Check, ...]:
    """Start the embedded server and fetch the page as a physician would. A kiosk that runs has the port."""
    meeting = Meeting(config, page_dir)
    failure = None
    try:
        await meeting.start()
    except RendezvousError as error:
        if error.reason is not RendezvousReason.PORT_BUSY:
            failure = red(Part.RENDEZVOUS, Problem.NOT_WORKING, detail=error.reason.value)
    try:
        checks = await check_servers(config, meeting.call_settings(""))
    finally:
        await meeting.stop()
    return tuple(failure if failure and check.part is Part.RENDEZVOUS else check for check in checks)


async def _leave_senses(config: Config) -> tuple[Check, ...]:
    """They are the kiosk's that runs: taking one from it would be a fault in its session."""
    kinds = dict.fromkeys(expected_kinds(config.devices))
    return tuple(skipped(PARTS[Kind(kind)], Problem.IN_USE) for kind in kinds)


async def _check_senses(config: Config, seconds: float) -> tuple[Check, ...]:
    units = Units(config)
    await units.look()
    kinds = [Kind(kind) for kind in config.devices.expected]
    seen = _Seen(InstrumentBoard(kinds, units), expected_kinds(config.devices), config.devices.bluetooth)
    instruments = Instruments(config.devices, seen, take=False)
    await open_media(instruments)
    running = asyncio.create_task(instruments.run())
    try:
        looking = seen.within(seconds)
        checks = await check_senses(
            config, instruments, seen.all, looking, seconds, audible=True, away=units.away
        )
        return (*checks, *seen.taken())
    finally:
        running.cancel()
        await asyncio.wait([running])


class _Seen:
    """A sink that only remembers states, and what it should not have got: a self-test measures nobody."""

    def __init__(self, board: InstrumentBoard, expected: tuple[str, ...], bluetooth: bool) -> None:
        """With `bluetooth` there is always something that may still come."""
        self._board = board
        self._expected = None if bluetooth else {Kind(kind) for kind in expected}
        self._all_measure = asyncio.Event()
        self._taken: Counter[tuple[Kind, DeviceIdentity]] = Counter()

    def all(self) -> tuple[InstrumentStatus, ...]:
        return self._board.all

    def taken(self) -> tuple[Check, ...]:
        """Who has sent what it sends only once, and how often: at a bridge that others have, nobody knew."""
        return tuple(
            amber(PARTS[kind], Problem.RESULT_TAKEN, identity.model, str(count))
            for (kind, identity), count in self._taken.items()
        )

    async def within(self, seconds: float) -> None:
        """Until all that is expected measures."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._all_measure.wait()

    def status(self, status: InstrumentStatus) -> None:
        self._board.put(status)
        measuring = {known.kind for known in self._board.own if known.state is InstrumentState.MEASURING}
        if self._expected is not None and self._expected <= measuring:
            self._all_measure.set()

    async def reading(self, reading: Reading) -> None:
        """Belongs to nobody."""
        if by_key()[reading.identity.device].sends_once:
            self._taken[reading.kind, reading.identity] += 1

    def waveform(self, waveform: Waveform) -> None:
        """Belongs to nobody."""


_PROBLEMS = {
    OutboxReason.WRONG_KEY_OR_DAMAGED: Problem.WRONG_KEY_OR_DAMAGED,
    OutboxReason.KEY_MISSING: Problem.WRONG_KEY_OR_DAMAGED,
    OutboxReason.KEY_UNREADABLE: Problem.WRONG_KEY_OR_DAMAGED,
    OutboxReason.KEY_NOT_UNSEALED: Problem.WRONG_KEY_OR_DAMAGED,
    OutboxReason.MISSING: Problem.STORE_GONE,
    OutboxReason.OLDER: Problem.STORE_OLDER,
    OutboxReason.SWAPPED: Problem.STORE_SWAPPED,
    OutboxReason.DISK_FULL: Problem.NEARLY_FULL,
}
