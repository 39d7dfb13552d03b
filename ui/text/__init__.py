"""The languages of the screens. Only the one in use is loaded: the first picture must come fast."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.text.table import Texts

NAMES = {"fr": "Français", "en": "English", "ar": "العربية"}


def texts(code: str) -> "Texts":
    """The table of one language; an unknown code gives French."""
    module = import_module(f"ui.text.{code if code in NAMES else 'fr'}_first")
    table: Texts = module.TEXTS
    return table


def consent_text(code: str) -> str:
    """The full text of information and consent, as it is recorded."""
    from importlib import resources  # 4 ms that the first picture does not need

    return resources.files("ui.text").joinpath(f"consent_{code}.txt").read_text(encoding="utf-8")
