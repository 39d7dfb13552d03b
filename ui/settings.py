"""What the screens need to know of the site: given once, at the start."""

from typing import NamedTuple


class ScreenSettings(NamedTuple):
    """`text_scale` 1.0 to 2.0. `size`: a window of that many pixels, where it is not the whole screen."""

    site_name: str = ""
    help_phone: str = ""
    language: str = "fr"
    text_scale: float = 1.0
    full_screen: bool = True
    size: tuple[int, int] | None = None
