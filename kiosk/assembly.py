"""Builds a kiosk from its settings: the one place where all parts meet. Imported after the first screen."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from devices.reading import Kind
from kiosk.call.call import Call
from kiosk.call.settings import CallMedia
from kiosk.call_desk import CallDesk
from kiosk.choices import with_choices
from kiosk.config import Config
from kiosk.data_dir import chip, key_file, mark_file, reserve_file, store_dir
from kiosk.events import Event
from kiosk.fhir.client import FhirSender
from kiosk.fhir_settings import fhir_settings
from kiosk.hub import Hub
from kiosk.instruments import Instruments
from kiosk.keeper import Keeper
from kiosk.meeting import Meeting
from kiosk.record import SiteInfo
from kiosk.reserve import Reserve
from kiosk.service import Kiosk
from kiosk.tasks import Tasks
from kiosk.unit_desk import UnitDesk
from kiosk.units import Units
from kiosk.version import VERSION
from offline_queue.keeping import Keeping
from offline_queue.outbox import Outbox
from offline_queue.rotation import ready_key

_CHIP_COMES_S = 5.0
"""Its driver may be later than the kiosk."""


async def assemble(config: Config, page_dir: Path, emit: Callable[[Event], None]) -> Kiosk:
    """Open the store and the rendezvous, and put everything together.

    Raises OutboxError (wrong key, damaged, held by another process ...) and RendezvousError (port taken ...).
    """
    outbox = await _open_outbox(config)
    reserve = Reserve(reserve_file(config), config.kiosk.reserve_mb)
    keeper = Keeper(outbox, site_info(config), emit, reserve)
    units = Units(config)
    hub = Hub(keeper, emit, tuple(Kind(kind) for kind in config.devices.expected), units)
    units.on_change = hub.tell_instruments
    instruments = Instruments(with_choices(config).devices, hub)
    meeting = Meeting(config, page_dir)
    try:
        interrupted = await keeper.interrupted()
        await meeting.start()
    except BaseException:
        await outbox.close()
        raise
    tasks = Tasks()

    def make_call(desk: CallDesk) -> Call:
        media = CallMedia(
            face=instruments.frames.face,
            otoscope=instruments.frames.otoscope,
            voice=instruments.voice,
            stethoscope=instruments.stethoscope,
            remote_video=instruments.frames.physician,
            remote_audio=instruments.speaker,
        )
        session = keeper.session
        return Call(meeting.call_settings(session.number if session else ""), media, desk)

    sender = FhirSender(fhir_settings(config), outbox.highest_before)
    desk = CallDesk(keeper, hub, emit, tasks, make_call)
    unit_desk = UnitDesk(units, hub.board)
    return Kiosk(
        config, outbox, keeper, hub, desk, instruments, unit_desk, meeting, emit, sender, tasks, interrupted
    )


async def _open_outbox(config: Config) -> Outbox:
    directory = store_dir(config)
    key = await asyncio.to_thread(ready_key, directory, key_file(config), chip(config), _CHIP_COMES_S)
    keeping = Keeping.of_days(config.kiosk.audit_days, config.kiosk.sealed_copy_days)
    return await Outbox.open(directory, key, config.kiosk.id, keeping=keeping, outside=mark_file(config))


def site_info(config: Config) -> SiteInfo:
    """The site as the record names it."""
    site, kiosk, physician = config.site, config.kiosk, config.physician
    return SiteInfo(
        organization_id=site.organization_id,
        finess=site.finess,
        name=site.name,
        location_id=site.location_id,
        location_name=site.location_name,
        kiosk_id=kiosk.id,
        kiosk_name=kiosk.name,
        serial=kiosk.serial,
        software_version=VERSION,
        physician_rpps=physician.rpps,
        physician_family=physician.family,
        physician_given=physician.given,
    )
