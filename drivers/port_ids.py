"""What plugged instruments are called, while they come and go beside each other."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plug:
    """Something in a USB socket (`location`), and what it says of itself; a serial number may be empty."""

    vid: int
    pid: int
    serial: str
    location: str


class PortIds:
    """Many bridges carry the same factory serial number: a second one is told apart by its USB socket.

    Each keeps its name when another is pulled out, and has it again in the same socket. The first of a number
    has it in any socket.
    """

    def __init__(self) -> None:
        self._known: dict[Plug, str] = {}

    def of(self, plugs: Sequence[Plug]) -> dict[Plug, str]:
        """For all that are plugged in now, in the order in which new ones are to be named."""
        ids = {plug: self._known[plug] for plug in plugs if plug in self._known}
        for plug in plugs:
            if plug not in ids:
                ids[plug] = _new_id(plug, ids.values())
        gone = {plug: id_ for plug, id_ in self._known.items() if id_ not in ids.values()}
        self._known = gone | ids
        return ids


def _new_id(plug: Plug, taken: Collection[str]) -> str:
    id_ = f"usb:{plug.vid:04x}:{plug.pid:04x}:{plug.serial or plug.location}"
    return f"{id_}@{plug.location}" if id_ in taken else id_
