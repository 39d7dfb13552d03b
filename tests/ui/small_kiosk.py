"""A small kiosk in memory: the real session reducer and the real events. No storage, no call."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from devices.reading import Quality, Reading
from kiosk.call.figures import CallFigures
from kiosk.choices import Role
from kiosk.events import (
    CallChanged,
    CallPhase,
    DeliveryChanged,
    Event,
    InstrumentsChanged,
    InstrumentStatus,
    Notice,
    NoticeReason,
    PairingChanged,
    PairingEnd,
    PairingStep,
    ReadingShown,
    SelfTestChanged,
    SessionChanged,
    SetAsideChanged,
)
from kiosk.frames import Frames
from kiosk.outbox_copy import CopyMade
from kiosk.outbox_figures import Held, OutboxFigures
from kiosk.outbox_reasons import HeldState, Obstacle
from kiosk.parts import PartChoice, PartOption
from kiosk.pin_door import PinAnswer
from kiosk.selftest.daily import touch_check
from kiosk.selftest.report import Part, Problem, Report, Zone, amber, green, red, skipped
from kiosk.session import (
    Abandoned,
    Closed,
    Consent,
    ConsentAnswered,
    Ended,
    Identified,
    Patient,
    Phase,
    ReadingKept,
    Session,
    SessionKind,
    reduce,
)
from kiosk.session import Event as SessionEvent
from kiosk.unit import How
from kiosk.unit_desk import UnitLine
from offline_queue.item import Counts

OPENED = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)
LINK = "https://teleconsultation.exemple.fr/medecin#7Q0c1Xk2mVY3yS9uJbEo4tR8wLzA6dHfGpNiTxCsUe0"
WORDS = ("abricot", "marteau", "violon", "nuage")
PIN = "2468"
_REFUSED = "HTTP 422 invalid: the server refuses this record"
HELD = (
    Held("4b2f-session", "reading", HeldState.REFUSED, 2, 93600.0, 1, Obstacle.REFUSED, _REFUSED),
    Held("77aa-session", "close", HeldState.WAITING, 3, 7500.0, 14, Obstacle.IN_TROUBLE, "HTTP 503"),
    Held("audit", "audit", HeldState.RESTING, 1, 240.0, 0, None, ""),
)
OUTBOX = OutboxFigures(Counts(3, 412, 1, 2), False, "", 7500.0, "HTTP 503", HELD)
COPIED = CopyMade("/media/usb/telecabine-FE-ED-AB-EE-DE-AD-77-01-20261123T143200Z", 6)
REPORT = Report(
    (
        green(Part.STORE),
        amber(Part.KEY, Problem.KEY_NOT_IN_TPM),
        skipped(Part.SCREEN, Problem.NEEDS_SOMEBODY),
        red(Part.OXIMETER, Problem.NOT_FOUND, "Contec CMS50D+"),
    ),
    OPENED,
)


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class SmallUnits:
    """Satisfies `UnitPort`."""

    told: tuple[UnitLine, ...] = ()

    async def lines(self) -> tuple[UnitLine, ...]:
        return self.told

    async def set_own(self, address: str, own: bool) -> tuple[UnitLine, ...]:
        how = How.DECLARED if own else How.UNKNOWN
        self.told = tuple(replace(u, how=how) if u.unit.address == address else u for u in self.told)
        return self.told

    def set_paired(self, address: str, paired: bool) -> None:
        self.told = tuple(replace(u, paired=paired) if u.unit.address == address else u for u in self.told)


@dataclass
class SmallPairing:
    """Satisfies `PairPort`: one instrument that shows `code`, and wants it typed here."""

    kiosk: "SmallKiosk"
    code: str = "048213"
    step: PairingStep = PairingStep.TYPE
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    told: str = ""
    stopped: bool = False

    async def pair(self, address: str) -> PairingEnd | None:
        self.answered.clear()
        self.kiosk.publish(PairingChanged(address, PairingStep.SEEKING))
        shown = "" if self.step is PairingStep.TYPE else self.code
        self.kiosk.publish(PairingChanged(address, self.step, shown))
        await self.answered.wait()
        if self.stopped:
            return None
        if self.told != self.code:
            return PairingEnd.WRONG_CODE
        self.kiosk.units.set_paired(address, True)
        return PairingEnd.PAIRED

    async def answer(self, code: str) -> None:
        self.told = code
        self.answered.set()

    async def stop(self) -> None:
        self.stopped = True
        self.answered.set()

    async def forget(self, address: str) -> tuple[UnitLine, ...]:
        self.kiosk.units.set_paired(address, False)
        return self.kiosk.units.told


@dataclass
class SmallParts:
    """Two sound cards that call themselves alike, one camera, and a stethoscope that is not there."""

    chosen: dict[Role, str] = field(default_factory=lambda: {Role.STETHOSCOPE: "usb:0d8c:0014:ST-7"})
    sounds: tuple[PartOption, ...] = tuple(
        PartOption(f"path:1-{n}", f"USB Audio Device Mono (1-{n})") for n in (2, 3)
    )
    looked: int = 0

    async def found(self) -> tuple[PartChoice, ...]:
        self.looked += 1
        cameras = (PartOption("usb:046d:0825:1", "HD Webcam C270"),)
        offered = {Role.FACE_CAMERA: cameras, Role.OTOSCOPE: cameras}
        return tuple(self._choice(role, offered.get(role, self.sounds)) for role in Role)

    async def choose(self, role: Role, identity: str) -> tuple[PartChoice, ...]:
        self.chosen[role] = identity
        return await self.found()

    def _choice(self, role: Role, options: tuple[PartOption, ...]) -> PartChoice:
        chosen = self.chosen.get(role, "")
        used = next((option.name for option in options if option.identity == chosen), "")
        return PartChoice(role, chosen, used, options)


@dataclass
class SmallBacklog:
    """Satisfies `BacklogPort`."""

    kiosk: "SmallKiosk"

    async def figures(self) -> OutboxFigures:
        return self.kiosk.outbox

    async def retry(self) -> None:
        self.kiosk.asked.append("retry_delivery")
        if self.kiosk.outbox_is_broken:
            raise OSError("the disk does not answer")

    async def copy(self) -> CopyMade:
        self.kiosk.asked.append("copy_outbox")
        await self.kiosk.stick_is_free.wait()
        if self.kiosk.outbox_is_broken:
            raise OSError("the disk does not answer")
        return self.kiosk.copied


@dataclass
class SmallKiosk:
    """Satisfies `KioskPort`; `publish` is the bridge's. `asked` records the commands in order."""

    publish: Callable[[Event], None]
    frames: Frames = field(default_factory=Frames)
    session: Session | None = None
    call: CallChanged = field(default_factory=lambda: CallChanged(CallPhase.OFF))
    asked: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    figures: CallFigures | None = None
    outbox: OutboxFigures = OUTBOX
    copied: CopyMade = COPIED
    outbox_is_broken: bool = False
    stick_is_free: asyncio.Event = field(default_factory=_set_event)
    door: PinAnswer | None = None
    aside: tuple[Reading, ...] = ()
    found: Report = REPORT
    units: SmallUnits = field(default_factory=SmallUnits)
    parts: SmallParts = field(default_factory=SmallParts)

    def __post_init__(self) -> None:
        self.pairing = SmallPairing(self)

    async def begin(self) -> None:
        self.asked.append("begin")
        self._set(Session(UUID(int=1), "S-20261123-0001", SessionKind.TELECONSULTATION, OPENED))

    async def identify(self, patient: Patient) -> None:
        self.asked.append("identify")
        self._reduce(Identified(patient))

    async def answer_consent(self, given: bool, text: str, language: str, text_version: str) -> None:
        self.asked.append("answer_consent")
        self._reduce(ConsentAnswered(Consent(text_version, language, text, given, OPENED)))
        if given:
            self.set_call(CallChanged(CallPhase.WAITING, LINK))

    async def cancel(self) -> None:
        self.asked.append("cancel")
        self._reduce(Abandoned(OPENED))
        self._set(None)

    async def end_consultation(self) -> None:
        self.asked.append("end_consultation")
        self._reduce(Ended(OPENED))
        self.set_call(CallChanged(CallPhase.ENDED))
        self.publish(DeliveryChanged(2, 5, 0, online=False))

    async def finish(self) -> None:
        self.asked.append("finish")
        if self.session is not None and self.session.phase is Phase.CLOSING:
            self._reduce(Closed())
        self._set(None)

    async def resume(self, accept: bool) -> None:
        self.asked.append(f"resume {accept}")

    async def remove_guest(self) -> None:
        self.asked.append("remove_guest")
        self.set_call(replace(self.call, guest=False))

    async def decide(self, reading_id: UUID, attach: bool) -> None:
        reading = next(r for r in self.aside if r.id == reading_id)
        self.put_aside(*(r for r in self.aside if r.id != reading_id))
        if attach:
            self.measure(replace(reading, quality=reading.quality | {Quality.ATTACHED_BY_HELPER}))

    async def set_muted(self, muted: bool) -> None:
        self.set_call(replace(self.call, muted=muted))

    async def set_otoscope(self, on: bool) -> None:
        self.set_call(replace(self.call, otoscope_on=on))

    async def set_stethoscope(self, on: bool) -> None:
        self.set_call(replace(self.call, stethoscope_on=on))

    async def turn_picture(self) -> None:
        self.asked.append("turn_picture")

    async def mirror_picture(self) -> None:
        self.set_call(replace(self.call, otoscope_mirrored=not self.call.otoscope_mirrored))

    async def freeze_picture(self) -> None:
        self.asked.append("freeze_picture")

    async def drop_picture(self, answered: bool) -> None:
        self.asked.append("drop_picture")
        if not answered:
            self.publish(Notice(NoticeReason.PICTURE_NOT_KEPT))

    async def keep_picture(self, site: str = "") -> None:
        self.asked.append("keep_picture")
        self.sites.append(site)

    async def record_sound(self, site: str) -> None:
        self.asked.append("record_sound")
        self.sites.append(site)

    async def read_recording(self, instrument_id: str, on: bool) -> None:
        self.asked.append(f"read_recording {instrument_id} {on}")

    async def new_link(self) -> None:
        self.asked.append("new_link")
        raise OSError("no line")

    async def run_selftest(self) -> Report:
        self.asked.append("run_selftest")
        self.publish(SelfTestChanged(self.found))
        return self.found

    async def keep_touch(self, dead: tuple[Zone, ...], beside: tuple[Zone, ...]) -> None:
        self.publish(SelfTestChanged(self.found.with_check(touch_check(dead, beside))))

    async def call_figures(self) -> CallFigures | None:
        return self.figures

    @property
    def backlog(self) -> "SmallBacklog":
        return SmallBacklog(self)

    async def check_pin(self, pin: str) -> PinAnswer:
        return self.door or PinAnswer(pin == PIN)

    def set_call(self, call: CallChanged) -> None:
        self.call = call
        self.publish(call)

    def connect(self) -> None:
        """The physician has come."""
        self.set_call(CallChanged(CallPhase.CONNECTED, LINK, WORDS))

    def measure(self, reading: Reading) -> None:
        assert self.session is not None
        self.session = reduce(self.session, ReadingKept(reading.id, reading.kind))
        self.publish(ReadingShown(reading))

    def put_aside(self, *readings: Reading, more: int = 0) -> None:
        self.aside = readings
        self.publish(SetAsideChanged(readings, more))

    def plug(self, *instruments: InstrumentStatus) -> None:
        self.publish(InstrumentsChanged(instruments))

    def _reduce(self, event: SessionEvent) -> None:
        assert self.session is not None
        self._set(reduce(self.session, event))

    def _set(self, session: Session | None) -> None:
        self.session = session
        self.publish(SessionChanged(session))


def settle(loop: asyncio.AbstractEventLoop) -> None:
    """Wait until every command given so far has run."""
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(10)
