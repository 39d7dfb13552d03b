"""The way to the relay: a WebSocket that comes back by itself. What it carries is proved elsewhere."""

import asyncio
import json
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.call.handshake import Message

if TYPE_CHECKING:
    import aiohttp

_logger = logging.getLogger(__name__)

ROOM_OVER = 4000  # the relay's close code for "this link is dead"
GOING_AWAY = 1001  # RFC 6455, 7.4.1: this program stops, the room stays
_MESSAGE_MAX = 64 * 1024
_HEARTBEAT_S = 15.0
_TIMEOUT_S = 10.0
_BACKOFF_FIRST_S, _BACKOFF_MAX_S = 0.5, 20.0


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where the relay is, and what opens it to a kiosk. `ca_file` None: the machine's own list."""

    url: str
    token: str = field(repr=False)
    room: str = field(repr=False)
    ca_file: Path | None = None


class Signalling:
    """`heard` for each message, `reachable` when the connection to the relay comes or goes."""

    def __init__(
        self,
        address: RelayAddress,
        heard: Callable[[Message], Awaitable[None]],
        reachable: Callable[[bool], None],
    ) -> None:
        self._address = address
        self._heard = heard
        self._reachable = reachable
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._task: asyncio.Task[None] | None = None
        self._farewell = 1000

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def send(self, message: Message) -> None:
        """Send to the page, if the relay is there; a lost message is made good by the next hello."""
        if self._socket is None or self._socket.closed:
            return
        try:
            await self._socket.send_str(json.dumps(message))
        except (ConnectionError, RuntimeError) as error:
            _logger.info("signalling was cut while sending: %s", type(error).__name__)

    async def close(self, over: bool = True) -> None:
        """Stop, and tell the relay whether the room is over. Never from within `heard`."""
        self._farewell = ROOM_OVER if over else GOING_AWAY
        if self._socket is not None and not self._socket.closed:
            await self._socket.close(code=self._farewell)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        import aiohttp  # lazy: the first screen must not pay for it

        failures = 0
        context = ssl.create_default_context(cafile=self._address.ca_file)
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    await self._visit(session, context)
                    failures = 0
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    _logger.info("the relay cannot be reached: %s", type(error).__name__)
                    failures += 1
                self._reachable(False)
                ceiling_s = min(_BACKOFF_MAX_S, _BACKOFF_FIRST_S * 2**failures)
                await asyncio.sleep(random.uniform(_BACKOFF_FIRST_S / 2, ceiling_s))

    async def _visit(self, session: "aiohttp.ClientSession", context: ssl.SSLContext) -> None:
        connecting = session.ws_connect(
            self._address.url,
            params={"room": self._address.room, "role": "kiosk"},
            headers={"Authorization": f"Bearer {self._address.token}"},
            heartbeat=_HEARTBEAT_S,
            max_msg_size=_MESSAGE_MAX,
            ssl=context,
        )
        async with asyncio.timeout(_TIMEOUT_S):
            self._socket = await connecting
        try:
            await self._listen(self._socket)
        finally:
            code = self._socket.close_code
            # Whoever is first to close says the code, this loop or `close`.
            await self._socket.close(code=self._farewell)
        _logger.info("the relay closed the connection (%s)", code)

    async def _listen(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        """The first message shows that the relay has let us in."""
        greeted = False
        async for frame in socket:
            if not greeted:
                greeted = True
                self._reachable(True)
            message = _parse(frame.data)
            if message is not None:
                await self._heard(message)


def _parse(data: object) -> Message | None:
    if not isinstance(data, str):
        return None
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
