"""The room for one guest, whom the physician's page hosts: asked of the relay, and again after a cut."""

from collections import deque
from collections.abc import Awaitable, Callable

from kiosk.call import page_messages
from kiosk.call.handshake import Message
from kiosk.tasks import Tasks

_REMEMBERED = 64


class GuestRoom:
    """One at a time. `tell_relay` sends to the relay; `answered(room, open)` goes to the page.

    The kiosk only lets the room be opened: what the guest sees and hears comes from the physician's page.
    """

    def __init__(
        self, tell_relay: Callable[[Message], Awaitable[None]], answered: Callable[[str, bool], None]
    ) -> None:
        self._tell_relay = tell_relay
        self._answered = answered
        self._wanted: page_messages.Invite | None = None
        self._over: deque[str] = deque(maxlen=_REMEMBERED)
        self._tasks = Tasks("the relay was not told about a guest")
        self.open = False

    def invite(self, wanted: page_messages.Invite) -> None:
        """The page asks. Saying the same again is harmless; another room ends the one before.

        A room that was closed stays so: whom the helper removed does not come back by the same link.
        """
        if wanted.room in self._over:
            self._answered(wanted.room, False)
            return
        if self._wanted != wanted:
            self.close()
        self._wanted = wanted
        self.ask()

    def ask(self) -> None:
        """Tell the relay, also one that has forgotten meanwhile."""
        if self._wanted is not None:
            self._say({"type": "invite", "room": self._wanted.room, "host": self._wanted.host})

    def close(self) -> None:
        """Nobody is invited any more, whoever wishes it: the page or the helper."""
        if self._wanted is not None:
            self._over.append(self._wanted.room)
            self._say({"type": "uninvite", "room": self._wanted.room})
            self._settle(self._wanted.room, False)

    def relay_said(self, message: Message) -> None:
        """`invited`, the relay's answer."""
        if self._wanted is not None and message.get("room") == self._wanted.room:
            self._settle(self._wanted.room, message.get("open") is True)

    def _settle(self, room: str, is_open: bool) -> None:
        if not is_open:
            self._wanted = None
        self.open = is_open
        self._answered(room, is_open)

    def _say(self, message: Message) -> None:
        async def say() -> None:
            await self._tell_relay(message)

        self._tasks.spawn(say())
