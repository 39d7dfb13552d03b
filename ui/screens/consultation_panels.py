"""The questions of the consultation, each on a panel above it."""

from functools import partial

from devices.reading import Quality, Reading
from kiosk.body_points import BodyPoint, Ear
from ui.screens.base import Context
from ui.text.reading import entry_text, taken_text, values_text
from ui.widgets.body_map import BodyMap
from ui.widgets.invitation import Invitation
from ui.widgets.panel import Action
from ui.widgets.parts import card, label

_LISTED = 100


def ask_end(context: Context) -> None:
    """Ending cannot be undone: ask once."""
    text = context.texts.consultation
    stay = Action(text.end_continue, "end_continue", lambda: None)
    end = Action(text.end_confirm, "end_confirm", context.bridge.end_consultation, "alarm")
    context.shell.ask(text.end_title, (label(text.end_explain, "lead"),), (stay, end))


def ask_new_link(context: Context) -> None:
    text = context.texts.consultation
    close = Action(context.texts.common.close, "panel_close", lambda: None)
    make = Action(text.link_new_confirm, "new_link_confirm", context.bridge.new_link, "primary")
    context.shell.ask(text.link_new, (label(text.link_new_explain, "lead"),), (close, make))


def show_link(context: Context) -> None:
    """The link again, for a physician who closed the page."""
    text = context.texts.consultation
    invitation = Invitation(context.texts, 320)
    invitation.show_call(context.state.call)
    new = Action(text.link_new, "new_link", lambda: ask_new_link(context))
    close = Action(context.texts.common.close, "panel_close", lambda: None, "primary")
    context.shell.ask(text.link_title, (invitation,), (new, close))


def ask_where(context: Context) -> None:
    """One touch chooses the place on the body and starts the recording."""
    text = context.texts.consultation

    def record(point: BodyPoint) -> None:
        context.shell.close_panel()
        context.bridge.record_sound(point)

    body = BodyMap(text, context.state.call.point, record)
    close = Action(context.texts.common.close, "panel_close", lambda: None)
    context.shell.ask(text.record_where, (label(text.record_explain), body, body.legend()), (close,))


def freeze_and_ask_ear(context: Context) -> None:
    """The picture is of the moment of the touch, whatever time the answer takes."""
    context.bridge.freeze_picture()
    ask_ear(context)


def ask_ear(context: Context, *, first_waits: bool = False) -> None:
    """Of a picture that is held already. Without an answer it is not kept, and the helper is told."""
    text, drop_picture = context.texts.consultation, context.bridge.drop_picture

    def keep(site: str, name: str, words: str, role: str = "primary") -> Action:
        return Action(words, name, lambda: context.bridge.keep_picture(site), role)

    ears = tuple(keep(ear, f"keep_{ear}", text.body_points[ear]) for ear in (Ear.RIGHT, Ear.LEFT))
    drop = Action(text.keep_not, "panel_close", partial(drop_picture, answered=True))
    elsewhere = keep("", "keep_elsewhere", text.keep_elsewhere, "secondary")
    explain = label(text.keep_first if first_waits else text.keep_explain, "lead")
    dismissed = partial(drop_picture, answered=False)
    context.shell.ask(text.keep_where, (explain,), (drop, elsewhere, *ears), dismissed)


def ask_attach(context: Context, reading: Reading) -> None:
    """Whose it is cannot be corrected later: ask once, with the name and the values."""
    text = context.texts.consultation
    patient = context.state.session.patient if context.state.session else None
    if patient is None:
        return
    frame, column = card(tone="attention")
    column.addWidget(label(values_text(reading, context.texts), "lead"))
    column.addWidget(label(taken_text(reading, context.texts), "small"))
    back = Action(text.attach_back, "attach_back", lambda: None)
    attach = partial(context.bridge.decide, reading.id, attach=True)
    confirm = Action(text.attach_confirm, "attach_confirm", attach, "primary")
    title = text.attach_title.format(given=patient.given, family=patient.family)
    recording = Quality.RECORDING in reading.quality
    explain = text.attach_recording if recording else text.attach_explain
    context.shell.ask(title, (label(explain), frame), (back, confirm))


def show_readings(context: Context) -> None:
    """Every reading of the session, the newest first."""
    texts = context.texts
    frame, column = card(tone="soft")
    for reading in reversed(context.state.readings[-_LISTED:]):
        kind = texts.reading.kinds[reading.kind]
        column.addWidget(label(entry_text(reading, kind, texts)))
    close = Action(texts.common.close, "panel_close", lambda: None, "primary")
    context.shell.ask(texts.consultation.readings, (frame,), (close,))
