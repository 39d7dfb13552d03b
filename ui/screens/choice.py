"""Which screen belongs to a session, and how each is made: the module of one is loaded when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.session import Session
    from ui.reasons import BlockReason
    from ui.screens.base import Context, Screen

_SCREENS = {
    "welcome": "Welcome",
    "identity": "Identity",
    "consent": "ConsentScreen",
    "refused": "Refused",
    "consultation": "Consultation",
    "closing": "Closing",
    "technician": "Technician",
    "blocked": "Blocked",
}


def screen_of(session: Session | None) -> str:
    """The name of what a session asks for."""
    if session is None:
        return "welcome"
    from kiosk.session import Outcome, Phase  # loaded by now: there is a session

    if session.phase is Phase.CLOSED:
        return "refused" if session.outcome is Outcome.REFUSED else "welcome"
    return session.phase.value


def make_screen(name: str, context: Context, blocked: BlockReason | None) -> Screen:
    """`blocked`: why there is nothing else to show."""
    maker: Callable[..., Screen] = getattr(import_module(f"ui.screens.{name}"), _SCREENS[name])
    if name == "blocked":
        return maker(context, blocked)
    session = context.state.session
    if name == "identity" and session is not None:
        return maker(context, session.patient)
    return maker(context)
