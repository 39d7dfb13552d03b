"""What the screens may ask of the kiosk. Lives on the asyncio loop; tells everything by events."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from kiosk import events
from kiosk.auditing import Auditing
from kiosk.call.checks.checking import CallChecks, Tried
from kiosk.call.checks.line import LineAddress
from kiosk.call.figures import CallFigures
from kiosk.call.secret import room_of
from kiosk.call_desk import CallDesk
from kiosk.config import Config
from kiosk.data_dir import parts_file
from kiosk.delivery_teller import DeliveryTeller
from kiosk.examination import Examination
from kiosk.fhir.client import FhirSender
from kiosk.frames import Frames
from kiosk.hub import Hub, StorageError
from kiosk.instruments import Instruments
from kiosk.keeper import Keeper, now
from kiosk.meeting import Meeting
from kiosk.outbox_desk import OutboxDesk
from kiosk.pair_desk import PairDesk
from kiosk.parts import Parts
from kiosk.pin_door import PinAnswer, PinDoor
from kiosk.selftest.report import Report, Zone
from kiosk.selftest.running import daily_tests
from kiosk.session import Consent, Patient, Phase, Session, SessionError
from kiosk.tasks import Tasks
from kiosk.unit_desk import UnitDesk
from offline_queue.delivery import Delivery
from offline_queue.outbox import Outbox


class Kiosk:
    """One kiosk, one session at a time. `kiosk.assembly.assemble` builds it."""

    def __init__(
        self,
        config: Config,
        outbox: Outbox,
        keeper: Keeper,
        hub: Hub,
        desk: CallDesk,
        instruments: Instruments,
        units: UnitDesk,
        meeting: Meeting,
        emit: Callable[[events.Event], None],
        sender: FhirSender,
        tasks: Tasks,
        interrupted: Session | None,
    ) -> None:
        self.config = config
        self.outbox = outbox
        self.hub = hub
        self.desk = desk
        self.instruments = instruments
        self.units = units
        self.pairing = PairDesk(units, instruments.spared, emit)
        self.meeting = meeting
        self._keeper = keeper
        self._emit = emit
        self._sender = sender
        teller = DeliveryTeller(outbox, lambda: keeper.session, emit, tasks)
        self._door = PinDoor(outbox, config.kiosk.technician_pin)
        self._delivery = Delivery(outbox, sender, teller.changed)
        self.backlog = OutboxDesk(config, outbox, self._delivery)
        self._auditing = Auditing(config, outbox)
        self._tasks = tasks
        self._interrupted = interrupted
        self._work: asyncio.Task[None] | None = None
        tried = Tried(
            instruments.frames.face, instruments.voice, lambda: hub.instruments, config.devices.speaker
        )
        self.checks = CallChecks(tried, lambda check: emit(events.CallCheckChanged(check)), self._is_awaiting)
        self.selftests = daily_tests(self, lambda report: emit(events.SelfTestChanged(report)))
        self.parts = Parts(config.devices, parts_file(config), instruments)
        self.examination = desk.media = Examination(instruments, hub, desk, emit)

    @property
    def frames(self) -> Frames:
        return self.instruments.frames

    @property
    def session(self) -> Session | None:
        return self._keeper.session

    @property
    def is_idle(self) -> bool:
        """Nobody is here whom a tone or an open camera would disturb."""
        return self.session is None and self._interrupted is None

    async def run(self) -> None:
        """Offer what a restart cut short, then measure and deliver until cancelled or closed."""
        self._work = asyncio.create_task(self._offer_and_serve())
        await self._work

    async def _offer_and_serve(self) -> None:
        if self._interrupted is not None:
            saved_call = await self._keeper.saved_call()
            if saved_call is not None:
                self.meeting.reserve(saved_call)
            self._emit(events.ResumeOffered(self._interrupted))
        self._emit(events.InstrumentsChanged(self.hub.instruments))
        self.selftests.load()
        self._tasks.spawn(self.selftests.watch())
        self._tasks.spawn(self.examination.meter.run())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._delivery.run())
            group.create_task(self._auditing.run())
            group.create_task(self.units.watch())
            group.create_task(self.instruments.run())
            group.create_task(self.hub.keep_saving())

    async def close(self) -> None:
        """Leave everything that waits on disk, in good order; an open session can be resumed."""
        await self.pairing.stop()
        await self.selftests.interrupt()
        await self.checks.stop()
        await self.examination.stop()
        await self.desk.leave()
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])
        await self._tasks.close()
        await self.meeting.stop()
        await self._sender.close()
        await self.outbox.close()

    async def begin(self) -> None:
        """Receive somebody, unless a consultation could not be kept: then the helper is told.

        Raises SessionError while another session is open or waits to be resumed.
        """
        self._check_free()
        if not await self._keeper.has_room():
            self._emit(events.Notice(events.NoticeReason.NO_ROOM))
            return
        session_id = await self._keeper.place()
        if session_id is None:
            self._emit(events.Notice(events.NoticeReason.NO_PLACE))
            return
        await self.selftests.interrupt()
        self._check_free()  # whoever touches twice begins once
        self._keeper.begin(session_id=session_id)

    def _check_free(self) -> None:
        if self._interrupted is not None or (self.session and self.session.phase is not Phase.CLOSED):
            raise SessionError("another session comes first")

    async def identify(self, patient: Patient) -> None:
        self._keeper.identify(patient)

    async def answer_consent(self, given: bool, text: str, language: str, text_version: str) -> None:
        """A refusal ends the session and sends nothing; a consent opens the record and the call."""
        with self._told():
            await self._keeper.answer_consent(Consent(text_version, language, text, given, now()))
        if given:
            await self._consult()

    async def cancel(self) -> None:
        """Back to the welcome screen, from anywhere before the end."""
        with self._told():
            await self.hub.flush()
            await self.desk.keep_last_minute()
            await self._keeper.abandon()
        await self._leave_call()

    async def end_consultation(self) -> None:
        """Close the record, then the call. A disk that refuses leaves the consultation as it is."""
        with self._told():
            await self.hub.flush()
            await self.desk.keep_last_minute()
            await self._keeper.end()
        await self._leave_call()

    async def finish(self) -> None:
        """The summary was seen: forget the session on this kiosk; what waits goes on being delivered."""
        with self._told():
            await self._keeper.finish()

    async def resume(self, accept: bool) -> None:
        """Take the interrupted session up again under the same link, or close its record."""
        session, self._interrupted = self._interrupted, None
        if session is None:
            return
        try:
            with self._told():
                for reading in await self._keeper.resume(session):
                    self.hub.remember(reading)
        except StorageError:
            self._interrupted = session
            raise
        if session.phase is Phase.CONSULTATION and accept:
            await self._consult(await self._keeper.saved_call())
        elif session.phase is Phase.CONSULTATION:
            await self.cancel()
        elif not accept:
            await self.finish()

    async def decide(self, reading_id: UUID, attach: bool) -> None:
        """The helper says whether what was set aside is this patient's."""
        with self._told():
            await (self.hub.attach if attach else self.hub.discard)(reading_id)

    async def set_muted(self, muted: bool) -> None:
        self.desk.set_muted(muted)

    async def remove_guest(self) -> None:
        """Whom the physician has invited is sent away."""
        self.desk.remove_guest()

    async def set_otoscope(self, on: bool) -> None:
        await self.examination.switch("otoscope", on)

    async def set_stethoscope(self, on: bool) -> None:
        await self.examination.switch("stethoscope", on)

    async def turn_picture(self) -> None:
        self.examination.turn()

    async def mirror_picture(self) -> None:
        self.examination.mirror()

    async def freeze_picture(self) -> None:
        """The otoscope's picture of now is held until `keep_picture` or `drop_picture`."""
        self.examination.freeze()

    async def drop_picture(self, answered: bool) -> None:
        """The picture that was held is not kept. Not `answered`: nobody said of which ear it is."""
        self.examination.drop(answered)

    async def keep_picture(self, site: str = "") -> None:
        """The picture that was held goes into the record; `site` says of which ear it is."""
        await self.examination.keep_frozen(site)

    async def record_sound(self, site: str = "") -> None:
        """Some seconds of the stethoscope go into the record; `site` says where on the body."""
        await self.examination.keep("stethoscope", site)

    async def read_recording(self, instrument_id: str, on: bool) -> None:
        """What an instrument has recorded, as a reading; not `on`: it is not wanted any more."""
        if on:
            await self.examination.recordings.read(instrument_id)
        else:
            self.examination.recordings.stop()

    async def new_link(self) -> None:
        """The old link dies; a new one is shown. Nothing outside a consultation."""
        if self.session is not None and self.session.phase is Phase.CONSULTATION:
            await self.desk.renew()
            await self._start_checks()

    async def run_selftest(self) -> Report | None:
        """None: somebody came meanwhile."""
        return await self.selftests.run()

    async def keep_touch(self, dead: tuple[Zone, ...], beside: tuple[Zone, ...]) -> None:
        """What the touch test of the screen found."""
        await self.selftests.keep_touch(dead, beside)

    async def call_figures(self) -> CallFigures | None:
        """How the call goes that runs; None without one."""
        return self.desk.figures()

    async def check_pin(self, pin: str) -> PinAnswer:
        return await self._door.knock(pin)

    async def _consult(self, saved_call: bytes | None = None) -> None:
        self.instruments.wake()
        await self.desk.open(saved_call)
        await self._start_checks()

    async def _start_checks(self) -> None:
        """Beside everything else, while the helper passes the link on."""
        saved_call = await self._keeper.saved_call()
        if saved_call is not None:
            settings, local = self.meeting.call_settings(""), self.config.rendezvous.embedded
            self.checks.start(LineAddress.of(settings, room_of(saved_call), local), self.desk.try_relay)

    def _is_awaiting(self) -> bool:
        """The physician has not come yet: what is tried again disturbs nobody."""
        session = self.session
        return session is not None and session.physician_joined_at is None

    async def _leave_call(self) -> None:
        await self.examination.stop()
        await self.checks.stop()
        await self.instruments.rest()
        await self.desk.close()
        await self.instruments.rest()  # what a physician asked for until the call was closed
        self._auditing.sign_soon()
        self._delivery.kick()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A disk that refuses is told to the helper, and the command fails with StorageError."""
        try:
            yield
        except StorageError as error:
            self._emit(events.Notice(error.reason))
            raise
