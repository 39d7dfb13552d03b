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

    def is_like(self, other: "Plug") -> bool:
        """But for the socket."""
        return (self.vid, self.pid, self.serial) == (other.vid, other.pid, other.serial)


class PortIds:
    """Many bridges carry the same factory serial number: a second one is told apart by its USB socket.

    Each keeps its name when another is pulled out, and has it again in the same socket; also in another one,
    where no other of its kind came or went meanwhile. The first of a number has it in any socket.
    """

    def __init__(self) -> None:
        self._known: dict[Plug, str] = {}

    def of(self, plugs: Sequence[Plug]) -> dict[Plug, str]:
        """For all that are plugged in now, in the order in which new ones are to be named."""
        ids = {plug: self._known[plug] for plug in plugs if plug in self._known}
        ids |= self._moved([plug for plug in plugs if plug not in ids], plugs)
        for plug in plugs:
            if plug not in ids:
                ids[plug] = _new_id(plug, ids.values())
        gone = {plug: id_ for plug, id_ in self._known.items() if id_ not in ids.values()}
        self._known = gone | ids
        return ids

    def _moved(self, new: Sequence[Plug], plugs: Sequence[Plug]) -> dict[Plug, str]:
        """What was pulled out of one socket and is in another, where no other of its kind can be meant."""
        moved: dict[Plug, str] = {}
        for plug in new:
            alike = [other for other in new if other.is_like(plug)]
            gone = [old for old in self._known if old.is_like(plug) and old not in plugs]
            if len(alike) == len(gone) == 1:
                moved[plug] = self._known[gone[0]]
        return moved


def _new_id(plug: Plug, taken: Collection[str]) -> str:
    id_ = f"usb:{plug.vid:04x}:{plug.pid:04x}:{plug.serial or plug.location}"
    return f"{id_}@{plug.location}" if id_ in taken else id_
