"""Where a call stands, computed from a handful of facts. Pure."""

from dataclasses import dataclass

from kiosk.events import CallPhase


@dataclass(slots=True)
class Progress:
    """`final` is set once, by the end of the call; the rest follows what happens."""

    reachable: bool | None = None  # the relay; None before the first try has ended
    peer: bool = False  # a connection is being made, or is there
    connected: bool = False  # media can flow
    silent: bool = False  # connected, but nothing has arrived for a while
    ever_connected: bool = False  # since the physician came
    left: bool = False  # the physician, on purpose
    final: CallPhase | None = None

    @property
    def phase(self) -> CallPhase:
        if self.final is not None:
            return self.final
        if self.connected and not self.silent:
            return CallPhase.CONNECTED
        if self.left and not self.peer:
            return CallPhase.LEFT
        if self.reachable is False and not self.peer:
            return CallPhase.SERVER_UNREACHABLE
        if self.ever_connected:
            return CallPhase.RECONNECTING
        return CallPhase.CONNECTING if self.peer else CallPhase.WAITING

    def peer_state(self, state: str) -> None:
        """Take over the state of the current connection."""
        self.connected = state == "connected"
        self.peer = state not in ("failed", "closed")
        self.silent = False
        self.ever_connected = self.ever_connected or self.connected
        self.left = self.left and not self.connected

    def physician_left(self) -> None:
        """On purpose: what follows is no cut."""
        self.ever_connected, self.left = False, True
        self.peer_state("closed")
