"""Straight to a screen, by the kiosk's own commands."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from kiosk.events import CallChanged, CallPhase, Notice, NoticeReason, SelfTestChanged
from kiosk.session import Patient, Sex
from tests.ui import samples
from tests.ui.conftest import Desk
from tests.ui.small_kiosk import LINK, PIN, REPORT, WORDS
from ui.reasons import BlockReason

JEANNE = Patient(UUID(int=7), "Durand", "Jeanne", date(1944, 5, 3), Sex.FEMALE)


def identity(desk: Desk) -> None:
    desk.bridge.begin()
    desk.wait_for("identity")


def consent(desk: Desk) -> None:
    identity(desk)
    desk.bridge.identify(JEANNE)
    desk.wait_for("consent")


def refused(desk: Desk) -> None:
    consent(desk)
    desk.click("refuse")
    desk.wait_for("refused")


def consultation(desk: Desk) -> None:
    consent(desk)
    desk.click("accept")
    desk.wait_for("consultation")


def busy_consultation(desk: Desk) -> None:
    consultation(desk)
    desk.kiosk.plug(*samples.mixed())
    for reading in (samples.oximeter(), samples.cuff(), samples.thermometer(), samples.sound()):
        desk.kiosk.measure(reading)
    desk.kiosk.put_aside(samples.old_cuff(), samples.old_thermometer(), more=3)
    desk.kiosk.set_call(
        CallChanged(
            CallPhase.CONNECTED, LINK, WORDS, otoscope_on=True, stethoscope_on=True, muted=True, guest=True
        )
    )
    desk.kiosk.publish(Notice(NoticeReason.STORAGE_FULL))
    desk.settle()


def closing(desk: Desk) -> None:
    consultation(desk)
    desk.kiosk.measure(samples.oximeter())
    desk.kiosk.measure(samples.cuff())
    desk.bridge.end_consultation()
    desk.wait_for("closing")


def technician(desk: Desk) -> None:
    desk.click("technician")
    desk.wait_for("technician")


def report(desk: Desk) -> None:
    technician(desk)
    desk.bridge.check_pin(PIN)
    desk.qtbot.waitUntil(lambda: desk.is_shown("run_again"), timeout=10_000)


def blocked(desk: Desk) -> None:
    desk.bridge.block(BlockReason.WRONG_KEY_OR_DAMAGED)
    desk.wait_for("blocked")


def welcome(desk: Desk) -> None:
    desk.kiosk.plug(*samples.mixed())
    desk.kiosk.publish(SelfTestChanged(REPORT))
    desk.settle()


ALL: tuple[Callable[[Desk], None], ...] = (
    welcome, identity, consent, refused, consultation, busy_consultation,
    closing, technician, report, blocked,
)  # fmt: skip
