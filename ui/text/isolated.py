"""Latin words among Arabic ones."""

_LEFT_TO_RIGHT, _END = "\u2066", "\u2069"


def isolated(text: object) -> str:
    """What keeps its order, left to right, whatever stands around it (Unicode UAX #9, LRI to PDI)."""
    return f"{_LEFT_TO_RIGHT}{text}{_END}"
