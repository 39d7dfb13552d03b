"""How long something took, as people read it. Pure."""

from decimal import Decimal


def clock_text(seconds: Decimal) -> str:
    """Hours, minutes and seconds: 7:46:40."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
