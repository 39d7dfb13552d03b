"""The only door between the screens and the asyncio thread.

Out: `publish(event)` may be called from any thread; the signal of that event type is emitted in the GUI
thread. In: each command submits one coroutine of the kiosk and returns at once.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future
    from uuid import UUID

    from kiosk.choices import Role
    from kiosk.events import Event
    from kiosk.frames import Frames
    from kiosk.selftest.report import Zone
    from kiosk.session import Patient
    from ui.ports import KioskPort, Submit
    from ui.reasons import BlockReason


class _Attached(NamedTuple):
    kiosk: KioskPort
    submit: Submit


class _Answered(NamedTuple):
    """A command has ended: `value` is its result, given to `signal` where one waits for it."""

    signal: SignalInstance | None
    value: object
    failed: bool


class Bridge(QObject):
    """Lives in the GUI thread. Every signal is emitted there, whatever thread published."""

    session_changed = Signal(object)
    instruments_changed = Signal(object)
    reading_shown = Signal(object)
    set_aside_changed = Signal(object)
    waveform_shown = Signal(object)
    sound_heard = Signal(object)
    call_changed = Signal(object)
    call_check_changed = Signal(object)
    delivery_changed = Signal(object)
    resume_offered = Signal(object)
    selftest_changed = Signal(object)
    picture_frozen = Signal(object)
    pairing_changed = Signal(object)
    notice = Signal(object)

    ready = Signal()
    blocked = Signal(object)
    pin_checked = Signal(object)
    selftest_done = Signal(object)
    call_figures_told = Signal(object)
    outbox_figures_told = Signal(object)
    outbox_copied = Signal(object)
    units_told = Signal(object)
    pairing_ended = Signal(object)
    parts_told = Signal(object)
    command_failed = Signal(object)  # the signal that would have brought its answer, or None

    _arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._attached: _Attached | None = None
        self._arrived.connect(self._dispatch, Qt.ConnectionType.QueuedConnection)

    @cached_property
    def _signals(self) -> dict[type, SignalInstance]:
        """By the type of what arrives. Made with the first: the first picture needs none of these types."""
        from kiosk import events
        from ui.reasons import BlockReason

        return {
            events.SessionChanged: self.session_changed,
            events.InstrumentsChanged: self.instruments_changed,
            events.ReadingShown: self.reading_shown,
            events.SetAsideChanged: self.set_aside_changed,
            events.WaveformShown: self.waveform_shown,
            events.SoundHeard: self.sound_heard,
            events.CallChanged: self.call_changed,
            events.CallCheckChanged: self.call_check_changed,
            events.DeliveryChanged: self.delivery_changed,
            events.ResumeOffered: self.resume_offered,
            events.SelfTestChanged: self.selftest_changed,
            events.PictureFrozen: self.picture_frozen,
            events.PairingChanged: self.pairing_changed,
            events.Notice: self.notice,
            BlockReason: self.blocked,
        }

    def publish(self, event: Event) -> None:
        """Give one event to the screens. Any thread."""
        self._arrived.emit(event)

    def block(self, reason: BlockReason) -> None:
        """The kiosk cannot receive anybody: show why and what to do. Any thread."""
        self._arrived.emit(reason)

    def attach(self, kiosk: KioskPort, submit: Submit) -> None:
        """The kiosk is ready for commands. Any thread; before this, commands are not offered."""
        self._arrived.emit(_Attached(kiosk, submit))

    @property
    def is_ready(self) -> bool:
        return self._attached is not None

    @property
    def frames(self) -> Frames | None:
        return self._attached.kiosk.frames if self._attached else None

    def begin(self) -> None:
        self._ask(lambda kiosk: kiosk.begin())

    def identify(self, patient: Patient) -> None:
        self._ask(lambda kiosk: kiosk.identify(patient))

    def answer_consent(self, given: bool, text: str, language: str, text_version: str) -> None:
        self._ask(lambda kiosk: kiosk.answer_consent(given, text, language, text_version))

    def cancel(self) -> None:
        self._ask(lambda kiosk: kiosk.cancel())

    def end_consultation(self) -> None:
        self._ask(lambda kiosk: kiosk.end_consultation())

    def finish(self) -> None:
        self._ask(lambda kiosk: kiosk.finish())

    def resume(self, accept: bool) -> None:
        self._ask(lambda kiosk: kiosk.resume(accept))

    def decide(self, reading_id: UUID, attach: bool) -> None:
        self._ask(lambda kiosk: kiosk.decide(reading_id, attach))

    def set_muted(self, muted: bool) -> None:
        self._ask(lambda kiosk: kiosk.set_muted(muted))

    def remove_guest(self) -> None:
        self._ask(lambda kiosk: kiosk.remove_guest())

    def set_otoscope(self, on: bool) -> None:
        self._ask(lambda kiosk: kiosk.set_otoscope(on))

    def set_stethoscope(self, on: bool) -> None:
        self._ask(lambda kiosk: kiosk.set_stethoscope(on))

    def turn_picture(self) -> None:
        self._ask(lambda kiosk: kiosk.turn_picture())

    def mirror_picture(self) -> None:
        self._ask(lambda kiosk: kiosk.mirror_picture())

    def freeze_picture(self) -> None:
        self._ask(lambda kiosk: kiosk.freeze_picture())

    def drop_picture(self, answered: bool) -> None:
        self._ask(lambda kiosk: kiosk.drop_picture(answered))

    def keep_picture(self, site: str) -> None:
        self._ask(lambda kiosk: kiosk.keep_picture(site))

    def record_sound(self, site: str) -> None:
        self._ask(lambda kiosk: kiosk.record_sound(site))

    def read_recording(self, instrument_id: str, on: bool) -> None:
        """What an instrument has recorded; not `on`: it is not wanted any more."""
        self._ask(lambda kiosk: kiosk.read_recording(instrument_id, on))

    def new_link(self) -> None:
        self._ask(lambda kiosk: kiosk.new_link())

    def run_selftest(self) -> None:
        """The answer comes with `selftest_done`: None when somebody came meanwhile."""
        self._ask(lambda kiosk: kiosk.run_selftest(), self.selftest_done)

    def keep_touch(self, dead: tuple[Zone, ...], beside: tuple[Zone, ...]) -> None:
        """What the touch test found; the report that it belongs to comes with `selftest_changed`."""
        self._ask(lambda kiosk: kiosk.keep_touch(dead, beside))

    def ask_call_figures(self) -> None:
        """The answer comes with `call_figures_told`: None without a call."""
        self._ask(lambda kiosk: kiosk.call_figures(), self.call_figures_told)

    def ask_outbox_figures(self) -> None:
        """The answer comes with `outbox_figures_told`."""
        self._ask(lambda kiosk: kiosk.backlog.figures(), self.outbox_figures_told)

    def ask_parts(self) -> None:
        """The answer, what is plugged in, comes with `parts_told`."""
        self._ask(lambda kiosk: kiosk.parts.found(), self.parts_told)

    def choose_part(self, role: Role, identity: str) -> None:
        """ "": as the settings say. What holds then comes with `parts_told`."""
        self._ask(lambda kiosk: kiosk.parts.choose(role, identity), self.parts_told)

    def retry_delivery(self) -> None:
        self._ask(lambda kiosk: kiosk.backlog.retry())

    def copy_outbox(self) -> None:
        """The answer, a CopyMade, comes with `outbox_copied`."""
        self._ask(lambda kiosk: kiosk.backlog.copy(), self.outbox_copied)

    def ask_units(self) -> None:
        """The answer comes with `units_told`."""
        self._ask(lambda kiosk: kiosk.units.lines(), self.units_told)

    def set_own_unit(self, address: str, own: bool) -> None:
        """A Bluetooth instrument is ours, or not any more. What holds then comes with `units_told`."""
        self._ask(lambda kiosk: kiosk.units.set_own(address, own), self.units_told)

    def pair(self, address: str) -> None:
        """What is asked meanwhile comes with `pairing_changed`; the end with `pairing_ended`: a PairingEnd,
        None when it was stopped.
        """
        self._ask(lambda kiosk: kiosk.pairing.pair(address), self.pairing_ended)

    def answer_pairing(self, code: str) -> None:
        """What the instrument shows."""
        self._ask(lambda kiosk: kiosk.pairing.answer(code))

    def stop_pairing(self) -> None:
        self._ask(lambda kiosk: kiosk.pairing.stop())

    def forget_bond(self, address: str) -> None:
        """What holds then comes with `units_told`."""
        self._ask(lambda kiosk: kiosk.pairing.forget(address), self.units_told)

    def check_pin(self, pin: str) -> None:
        """The answer, a PinAnswer, comes with `pin_checked`."""
        self._ask(lambda kiosk: kiosk.check_pin(pin), self.pin_checked)

    def _ask(
        self, command: Callable[[KioskPort], Coroutine[Any, Any, Any]], answer: SignalInstance | None = None
    ) -> None:
        if self._attached is None:
            self.command_failed.emit(answer)
            return
        future = self._attached.submit(command(self._attached.kiosk))
        future.add_done_callback(lambda done: self._arrived.emit(_outcome(done, answer)))

    def _dispatch(self, arrived: object) -> None:
        match arrived:
            case _Attached():
                self._attached = arrived
                self.ready.emit()
            case _Answered(signal=signal, failed=True):
                self.command_failed.emit(signal)
            case _Answered(signal=signal, value=value):
                if signal is not None:
                    signal.emit(value)
            case _:
                self._signals[type(arrived)].emit(arrived)


def _outcome(done: Future[Any], answer: SignalInstance | None) -> _Answered:
    """Who submitted logs the error; the screen only says that it was not done."""
    if done.cancelled() or done.exception() is not None:
        return _Answered(answer, None, failed=True)
    return _Answered(answer, done.result(), failed=False)
