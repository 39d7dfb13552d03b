"""What a language must say: one typed table. A missing sentence is a type error, not a blank on a screen."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, dataclass_transform

if TYPE_CHECKING:  # the reasons a sentence is found by: a language brings those it needs
    from collections.abc import Mapping

    from devices.reading import Absent, Clock, Kind, Quality
    from kiosk.call.figures import Way
    from kiosk.call.streams import VoiceMode
    from kiosk.events import (
        CallPhase,
        CheckPart,
        CheckReason,
        InstrumentState,
        Light,
        LineQuality,
        NoticeReason,
        PairingEnd,
        Reason,
        SoundQuality,
    )
    from kiosk.outbox_reasons import CopyTrouble, HeldState, Obstacle
    from kiosk.selftest.report import Part, Problem, Verdict, Zone
    from kiosk.session import Sex
    from kiosk.unit import How
    from ui.reasons import BlockReason, FieldFault, Step


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Table:
    """Written like a dataclass and checked like one, without the code a dataclass compiles at each start."""

    def __init__(self, **words: object) -> None:
        wrong = type(self).__annotations__.keys() ^ words.keys()
        if wrong:
            raise TypeError(f"{type(self).__name__}: {', '.join(sorted(wrong))}")
        vars(self).update(words)


class CommonText(Table):
    """`step` takes {number} and {count}; `help_phone` takes {phone}."""

    step: str
    help: str
    help_title: str
    help_phone: str
    help_no_phone: str
    help_urgent: str
    close: str
    understood: str
    fault: str
    not_done: str


class WelcomeText(Table):
    """`resume_when` takes {time} and {initials}; counts take {count}."""

    greeting: str
    explain: str
    start: str
    preparing: str
    language: str
    technician: str
    instruments_ready: str
    instruments_none: str
    instruments_trouble: str
    delivery_done: str
    delivery_waits: str
    delivery_offline: str
    resume_title: str
    resume_when: str
    resume_explain: str
    resume_unknown: str
    resume_yes: str
    resume_no: str


class IdentityText(Table):
    title: str
    explain: str
    family: str
    given: str
    birth_date: str
    day: str
    month: str
    year: str
    sex: str
    sexes: Mapping[Sex, str]
    ins: str
    ins_hint: str
    next: str
    cancel: str
    keyboard: str
    faults: Mapping[FieldFault, str]


class ConsentText(Table):
    """`patient` takes {given}, {family} and {birth}."""

    title: str
    explain: str
    patient: str
    correct: str
    accept: str
    refuse: str
    refused_title: str
    refused_body: str
    refused_home: str


class ConsultationText(Table):
    """`taken_at` takes {time}, `taken_on` {date} too; `more` and `set_aside_more` take {count}.

    `attach_title` takes {given} and {family}; `pressure` takes {value} and {unit}.
    """

    title: str
    steps: Mapping[Step, str]
    phases: Mapping[CallPhase, str]
    lines: Mapping[LineQuality, str]
    picture_paused: str
    physician_paused: str
    link_title: str
    link_scan: str
    link_return: str
    link_or_address: str
    link_open: str
    link_new: str
    link_new_confirm: str
    link_new_explain: str
    words: str
    words_explain: str
    physician_picture: str
    own_picture: str
    otoscope_picture: str
    picture_stopped: str
    mute: str
    unmute: str
    muted: str
    guest: str
    guest_remove: str
    otoscope_on: str
    otoscope_off: str
    picture_turn: str
    picture_mirror: str
    picture_unmirror: str
    keep_picture: str
    keep_where: str
    keep_explain: str
    keep_first: str
    keep_elsewhere: str
    keep_not: str
    stethoscope_on: str
    stethoscope_off: str
    sound_level: str
    sounds: Mapping[SoundQuality, str]
    record_sound: str
    record_where: str
    record_explain: str
    point_show: str
    body_front: str
    body_back: str
    body_left: str
    body_right: str
    body_points: Mapping[str, str]
    end: str
    end_title: str
    end_explain: str
    end_confirm: str
    end_continue: str
    readings: str
    no_readings: str
    taken_at: str
    taken_on: str
    earlier: str
    more: str
    set_aside: str
    set_aside_explain: str
    set_aside_more: str
    attach: str
    attach_title: str
    attach_explain: str
    attach_recording: str
    attach_confirm: str
    attach_back: str
    discard: str
    picture_kept: str
    sound_kept: str
    pleth: str
    pleth_waiting: str
    ecg: str
    ecg_waiting: str
    pressure: str
    instruments: str
    no_instruments: str


class CallCheckText(Table):
    """The check before a call. `unsure`: a part could not be looked at; `last`: the technician's heading."""

    running: str
    good: str
    unsure: str
    last: str
    parts: Mapping[CheckPart, str]
    lights: Mapping[Light, str]
    reasons: Mapping[CheckReason, str]


class ReadingText(Table):
    """Names of what is measured, and what the instrument says of it. `taken` and `began` take {when}."""

    kinds: Mapping[Kind, str]
    metrics: Mapping[str, str]
    units: Mapping[str, str]
    quality: Mapping[Quality, str]
    taken: Mapping[Clock, str]
    began: Mapping[Clock, str]
    absent: Mapping[Absent, str]
    no_value: str
    comma: str


class InstrumentText(Table):
    unknown: str
    unknown_no_result: str
    read_recording: str
    stop_recording: str
    states: Mapping[InstrumentState, str]
    reasons: Mapping[Reason, str]
    low_battery: str
    own_reasons: Mapping[tuple[Kind, Reason], str]


class ClosingText(Table):
    """`delivered` and `waiting` take {count}."""

    title: str
    thanks: str
    summary: str
    nothing_measured: str
    delivery: str
    delivered: str
    waiting: str
    offline: str
    quarantined: str
    all_delivered: str
    disinfect: str
    disinfect_how: Mapping[Kind, str]
    disinfect_none: str
    finish: str
    finish_anyway: str
    finish_unclean: str
    finish_back: str


class TechnicianText(Table):
    """`made_at` takes {time}, `out_of_order` {part} and {advice}, `others` {count}, `choice_open` and
    `choice_panel` {part}, `choice_missing` {name}. One of the problems takes {part}: what to mend first.
    """

    title: str
    pin_title: str
    pin_explain: str
    pin_wrong: str
    pin_shut: str  # minutes
    pin_enter: str
    pin_erase: str
    running: str
    run: str
    close: str
    made_at: str
    touch_run: str
    touch_title: str
    touch_explain: str
    choice_title: str
    choice_open: str  # part
    choice_panel: str  # part
    choice_explain: str
    choice_none: str
    choice_missing: str  # name
    choice_usual: str
    zones: Mapping[Zone, str]
    out_of_order: str
    others: str
    verdicts: Mapping[Verdict, str]
    parts: Mapping[Part, str]
    problems: Mapping[Problem, str]


class CallFiguresText(Table):
    """The technician's card of the call that runs: names, then values. Each value takes what French takes."""

    title: str
    back: str
    state: str
    way: str
    ways: Mapping[Way, str]
    sending: str
    kbps: str
    queue: str
    lost: str
    rtt: str
    face: str
    otoscope: str
    picture: str
    paused: str
    voice: str
    voices: Mapping[VoiceMode, str]
    codec: str
    processor: str
    heard: str
    depth: str
    skew: str
    ms: str
    percent: str
    unknown: str


class OutboxText(Table):
    """The technician's card of what waits: names, then values. `days`, `hours` and `minutes` take {count},
    `held_more` and `session` too; `first` takes {kind}, `since` {age}, `attempts` {count}, `copied` {records}
    and {place}. `kinds`: as in the outbox."""

    title: str
    line: str
    online: str
    offline: str
    paused: str
    waiting: str
    refused: str
    delivered: str
    oldest: str
    days: str
    hours: str
    minutes: str
    last_answer: str
    nothing: str
    retry: str
    held: str
    held_more: str
    kinds: Mapping[str, str]
    states: Mapping[HeldState, str]
    session: str
    first: str
    since: str
    attempts: str
    obstacles: Mapping[Obstacle, str]
    copy: str
    copying: str
    copied: str
    copy_troubles: Mapping[CopyTrouble, str]


class UnitsText(Table):
    """The technician's card of Bluetooth instruments. `serial` takes {serial}, `address` {address}."""

    title: str
    explain: str
    none: str
    own: str
    forget: str
    no_result: str
    serial: str
    address: str
    hows: Mapping[How, str]
    pair: str
    unpair: str
    paired: str
    pair_title: str
    pair_seeking: str
    pair_type: str
    pair_wait: str
    pair_show: str
    pair_compare: str
    pair_same: str
    pair_stop: str
    pair_ends: Mapping[PairingEnd, str]


class KeyboardText(Table):
    shift: str
    erase: str
    space: str
    letters: str
    digits: str
    accents: str
    hide: str


class BlockedText(Table):
    title: str
    explain: str
    reasons: Mapping[BlockReason, str]


class LaterTexts(Table):
    """What the screens after the first picture say; `consent` is the full text that is recorded."""

    consent: str
    consent_version: str
    identity: IdentityText
    consent_screen: ConsentText
    consultation: ConsultationText
    call_check: CallCheckText
    reading: ReadingText
    instrument: InstrumentText
    closing: ClosingText
    technician: TechnicianText
    call_figures: CallFiguresText
    outbox: OutboxText
    units: UnitsText
    keyboard: KeyboardText
    blocked: BlockedText
    notices: Mapping[NoticeReason, str]


class Texts(Table):
    """Everything the kiosk says in one language. What the first picture does not say is read later."""

    code: str
    name: str
    right_to_left: bool
    common: CommonText
    welcome: WelcomeText

    @cached_property
    def _later(self) -> LaterTexts:
        later: LaterTexts = import_module(f"ui.text.{self.code}").LATER
        return later

    @property
    def consent(self) -> str:
        return self._later.consent

    @property
    def consent_version(self) -> str:
        return self._later.consent_version

    @property
    def identity(self) -> IdentityText:
        return self._later.identity

    @property
    def consent_screen(self) -> ConsentText:
        return self._later.consent_screen

    @property
    def consultation(self) -> ConsultationText:
        return self._later.consultation

    @property
    def call_check(self) -> CallCheckText:
        return self._later.call_check

    @property
    def reading(self) -> ReadingText:
        return self._later.reading

    @property
    def instrument(self) -> InstrumentText:
        return self._later.instrument

    @property
    def closing(self) -> ClosingText:
        return self._later.closing

    @property
    def technician(self) -> TechnicianText:
        return self._later.technician

    @property
    def outbox(self) -> OutboxText:
        return self._later.outbox

    @property
    def units(self) -> UnitsText:
        return self._later.units

    @property
    def call_figures(self) -> CallFiguresText:
        return self._later.call_figures

    @property
    def keyboard(self) -> KeyboardText:
        return self._later.keyboard

    @property
    def blocked(self) -> BlockedText:
        return self._later.blocked

    @property
    def notices(self) -> Mapping[NoticeReason, str]:
        return self._later.notices
