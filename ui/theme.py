"""The one look of the kiosk: colours, sizes and the Qt style sheet."""

from typing import NamedTuple

INK = "#161616"
SOFT_INK = "#3A3A3A"
WHITE = "#FFFFFF"
PAPER = "#F6F6F6"
LINE = "#DDDDDD"
FIELD_LINE = "#666666"
BLUE = "#000091"
BLUE_PRESSED = "#1212FF"
BLUE_PALE = "#ECECFE"
RED = "#CE0500"
RED_PRESSED = "#A00400"
RED_PALE = "#FFE9E9"
GREEN = "#18753C"
AMBER = "#8A5A00"
GREEN_PALE = "#E3F6EA"
FOCUS = "#0A76F6"
STAGE = "#161616"
STAGE_INK = "#FFFFFF"
PLETH = "#7FE0A0"
ECG = "#F5D76E"

TEXT_RATIO = 4.5
PART_RATIO = 3.0
TOUCH_PX = 72


class Pair(NamedTuple):
    """Two colours that meet on the screen, and the contrast they need (WCAG 2.2: 1.4.3 and 1.4.11)."""

    front: str
    back: str
    ratio: float = TEXT_RATIO


PAIRS = (
    Pair(INK, WHITE), Pair(INK, PAPER), Pair(INK, BLUE_PALE), Pair(INK, RED_PALE), Pair(INK, GREEN_PALE),
    Pair(SOFT_INK, WHITE), Pair(SOFT_INK, PAPER), Pair(SOFT_INK, BLUE_PALE), Pair(WHITE, BLUE),
    Pair(WHITE, BLUE_PRESSED), Pair(WHITE, RED), Pair(WHITE, RED_PRESSED), Pair(BLUE, WHITE),
    Pair(BLUE, PAPER), Pair(BLUE, BLUE_PALE), Pair(RED, WHITE), Pair(RED, RED_PALE), Pair(RED, PAPER),
    Pair(GREEN, WHITE), Pair(GREEN, GREEN_PALE), Pair(GREEN, PAPER), Pair(AMBER, WHITE), Pair(AMBER, PAPER),
    Pair(STAGE_INK, STAGE),
    Pair(PLETH, STAGE, PART_RATIO), Pair(ECG, STAGE, PART_RATIO),
    Pair(FOCUS, WHITE, PART_RATIO), Pair(FOCUS, PAPER, PART_RATIO),
    Pair(FOCUS, STAGE, PART_RATIO), Pair(FIELD_LINE, WHITE, PART_RATIO), Pair(SOFT_INK, LINE),
)  # fmt: skip

FAMILIES = ("Inter", "Noto Sans Arabic", "Noto Sans", "DejaVu Sans")


class Sizes(NamedTuple):
    """Text sizes in pixels at one text scale."""

    small: int
    body: int
    lead: int
    guide: int
    title: int
    display: int
    value: int


def sizes(scale: float) -> Sizes:
    """Body text is 22 px at scale 1.0; the big ones grow less, so that 2.0 still fits."""
    gentle = 1 + (scale - 1) * 0.6
    return Sizes(
        small=round(20 * scale),
        body=round(22 * scale),
        lead=round(24 * scale),
        guide=round(27 * gentle),
        title=round(34 * gentle),
        display=round(56 * gentle),
        value=round(44 * gentle),
    )


def stylesheet(scale: float) -> str:
    """The style sheet of the whole application."""
    size = sizes(scale)
    return "\n".join((_base(size), _buttons(size), _fields(), _cards(), _stage(), _scroll()))


def _base(size: Sizes) -> str:
    return f"""
* {{ font-size: {size.body}px; color: {INK}; }}
QMainWindow, #page, #body {{ background: {WHITE}; }}
#header {{ background: {WHITE}; border-bottom: 2px solid {LINE}; }}
#footer {{ background: {PAPER}; border-top: 2px solid {LINE}; }}
QLabel {{ background: transparent; }}
QLabel[role="display"] {{ font-size: {size.display}px; font-weight: 700; color: {BLUE}; }}
QLabel[role="title"] {{ font-size: {size.title}px; font-weight: 700; }}
QLabel[role="guide"] {{ font-size: {size.guide}px; font-weight: 700; color: {BLUE}; }}
QLabel[role="heading"] {{ font-size: {size.lead}px; font-weight: 700; }}
QLabel[role="lead"] {{ font-size: {size.lead}px; }}
QLabel[role="soft"] {{ font-size: {size.small}px; color: {SOFT_INK}; }}
QLabel[role="small"] {{ font-size: {size.small}px; }}
QLabel[role="error"] {{ font-size: {size.small}px; font-weight: 600; color: {RED}; }}
QLabel[role="good"] {{ font-size: {size.small}px; font-weight: 600; color: {GREEN}; }}
QLabel[role="value"] {{ font-size: {size.value}px; font-weight: 700; }}
QLabel[role="words"] {{ font-size: {size.guide}px; font-weight: 700; color: {BLUE}; }}
QLabel[role="site"] {{ font-size: {size.small}px; color: {SOFT_INK}; font-weight: 600; }}
"""


def _buttons(size: Sizes) -> str:
    return f"""
QPushButton {{ min-height: 52px; padding: 6px 24px; border: 2px solid {BLUE}; margin: 2px;
  border-radius: 12px;  background: {WHITE}; color: {BLUE}; font-weight: 600; }}
QPushButton:focus {{ border: 4px solid {FOCUS}; margin: 0px; outline: none; }}
QPushButton:pressed, QPushButton:checked {{ background: {BLUE}; color: {WHITE}; }}
QPushButton[role="primary"] {{ background: {BLUE}; color: {WHITE}; }}
QPushButton[role="primary"]:pressed {{ background: {BLUE_PRESSED}; }}
QPushButton[role="start"] {{ min-height: 92px; min-width: 380px; border-radius: 16px;
  font-size: {size.title}px; background: {BLUE}; color: {WHITE}; }}
QPushButton[role="start"]:pressed {{ background: {BLUE_PRESSED}; }}
QPushButton[role="danger"] {{ background: {WHITE}; color: {RED}; border-color: {RED}; }}
QPushButton[role="danger"]:pressed {{ background: {RED}; color: {WHITE}; }}
QPushButton[role="alarm"] {{ background: {RED}; color: {WHITE}; border-color: {RED}; }}
QPushButton[role="alarm"]:pressed {{ background: {RED_PRESSED}; }}
QPushButton[role="quiet"] {{ background: transparent; border-color: transparent; color: {BLUE}; }}
QPushButton[role="quiet"]:pressed {{ background: {BLUE_PALE}; color: {BLUE}; }}
QPushButton[role]:focus {{ border: 4px solid {FOCUS}; margin: 0px; outline: none; }}
QPushButton:disabled, QPushButton[role="start"]:disabled {{
  background: {LINE}; border-color: {LINE}; color: {SOFT_INK}; }}
QPushButton[role="key"] {{ min-height: 60px; min-width: 66px; padding: 4px;
  border: 2px solid {FIELD_LINE}; color: {INK};
  border-radius: 10px; }}
QPushButton[role="key"]:pressed {{ background: {BLUE}; color: {WHITE}; }}
"""


def _fields() -> str:
    return f"""
QLineEdit {{ min-height: 52px; padding: 6px 14px; border: 2px solid {FIELD_LINE}; margin: 2px;
  border-radius: 10px;  background: {WHITE}; selection-background-color: {BLUE}; selection-color: {WHITE}; }}
QLineEdit[wrong="true"] {{ border-color: {RED}; background: {RED_PALE}; }}
QLineEdit:focus {{ border: 4px solid {FOCUS}; margin: 0px; }}
"""


def _cards() -> str:
    return f"""
#dark {{ background: {STAGE}; }}
#card, #tile, #row, #panel {{ background: {WHITE}; border: 2px solid {LINE}; border-radius: 14px; }}
#card[tone="soft"] {{ background: {PAPER}; border-color: {PAPER}; }}
#card[tone="attention"] {{ background: {BLUE_PALE}; border-color: {BLUE}; }}
#tile[tone="aside"] {{ background: {PAPER}; border: 2px dashed {FIELD_LINE}; }}
#row[tone="trouble"] {{ background: {RED_PALE}; border-color: {RED}; }}
#row[tone="good"] {{ background: {WHITE}; }}
#notice {{ background: {RED_PALE}; border-bottom: 3px solid {RED}; }}
#notice[tone="calm"] {{ background: {BLUE_PALE}; border-bottom: 3px solid {BLUE}; }}
#notice QLabel {{ font-weight: 600; }}
#keyboard {{ background: {PAPER}; border-top: 2px solid {LINE}; }}
#target {{ background: {BLUE}; border-radius: 12px; }}
#veil {{ background: rgba(22, 22, 22, 150); }}
"""


def _stage() -> str:
    return f"""
#stage {{ background: {STAGE}; border-radius: 14px; }}
#guest {{ background: {BLUE}; color: {WHITE}; border-radius: 10px; padding: 10px 16px; font-weight: 600; }}
#muted {{ background: {RED}; color: {WHITE}; border-radius: 10px; padding: 10px 16px; font-weight: 600; }}
"""


def _scroll() -> str:
    return f"""
QScrollArea {{ border: 4px solid transparent; background: transparent; }}
QScrollArea:focus {{ border-color: {FOCUS}; }}
QScrollBar:vertical {{ width: 22px; background: {PAPER}; margin: 0; border-radius: 11px; }}
QScrollBar::handle:vertical {{ background: {FIELD_LINE}; min-height: 72px; border-radius: 11px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
  background: transparent; height: 0; }}
"""
