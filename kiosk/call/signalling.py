"""The way to the relay: a WebSocket that comes back by itself. What it carries is proved elsewhere."""

import asyncio
import contextlib
import json
import logging
import random
import ssl
import time
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
_DOUBLINGS = 10  # an outage of days must not become an enormous number
_TICK_S = 1.0

# While a call is cut. A short limit, so that each attempt begins with a packet of its own: TCP repeats a lost
# one later and later. Now and then a long one, for a line that is only slow.
_URGENT_TIMEOUTS_S = (1.2, 1.2, 1.2, 5.0)
_URGENT_PAUSE_S = 0.2
_PONG_S = 2.0
_FAREWELL_S = 1.0


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
        self._urgent = asyncio.Event()
        self._failures = 0

    def urgent(self, on: bool) -> None:
        """On while the call is cut: ask whether the relay is still there, and come back without rest."""
        if on:
            self._urgent.set()
        else:
            self._urgent.clear()

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

        context = ssl.create_default_context(cafile=self._address.ca_file)
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    await self._visit(session, context)
                    self._failures = 0
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    _logger.info("the relay cannot be reached: %s", type(error).__name__)
                    self._failures += 1
                self._reachable(False)
                await self._pause()

    async def _pause(self) -> None:
        """Longer after each failure; cut short when it becomes urgent."""
        if self._urgent.is_set():
            await asyncio.sleep(random.uniform(_URGENT_PAUSE_S / 2, _URGENT_PAUSE_S))
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(*backoff_s(self._failures))):
                await self._urgent.wait()

    def _limit_s(self) -> float:
        if not self._urgent.is_set():
            return _TIMEOUT_S
        return _URGENT_TIMEOUTS_S[self._failures % len(_URGENT_TIMEOUTS_S)]

    async def _visit(self, session: "aiohttp.ClientSession", context: ssl.SSLContext) -> None:
        import aiohttp

        connecting = session.ws_connect(
            self._address.url,
            params={"room": self._address.room, "role": "kiosk"},
            headers={"Authorization": f"Bearer {self._address.token}"},
            heartbeat=_HEARTBEAT_S,
            autoping=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=_FAREWELL_S),
            max_msg_size=_MESSAGE_MAX,
            ssl=context,
        )
        async with asyncio.timeout(self._limit_s()):
            self._socket = await connecting
        try:
            await self._listen(self._socket)
        finally:
            code = self._socket.close_code
            # Whoever is first to close says the code, this loop or `close`.
            await self._socket.close(code=self._farewell)
        _logger.info("the relay closed the connection (%s)", code)

    async def _listen(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        """The first message shows that the relay has let us in. Raises ConnectionError when it is silent."""
        import aiohttp

        greeted, asked_s = False, None
        ends = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
        while True:
            try:
                async with asyncio.timeout(_TICK_S):
                    frame = await socket.receive()
            except TimeoutError:
                asked_s = await self._ask(socket, asked_s)
                continue
            asked_s = None
            if frame.type in ends:
                return
            if frame.type is aiohttp.WSMsgType.ERROR:
                raise ConnectionError("the relay's connection is broken")
            if frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type is aiohttp.WSMsgType.TEXT:
                if not greeted:
                    greeted = True
                    self._reachable(True)
                message = _parse(frame.data)
                if message is not None:
                    await self._pass_on(message)

    async def _pass_on(self, message: Message) -> None:
        try:
            await self._heard(message)
        except Exception:
            # A fault of ours would end this task: no page would ever reach this kiosk again.
            _logger.exception("a message of the relay could not be handled")

    async def _ask(self, socket: "aiohttp.ClientWebSocketResponse", asked_s: float | None) -> float | None:
        """While it is urgent: ask the relay for a sign of life, and do not wait long for it."""
        now_s = time.monotonic()
        if not self._urgent.is_set():
            return None
        if asked_s is None:
            await socket.ping()
            return now_s
        if now_s - asked_s >= _PONG_S - _TICK_S / 2:
            raise ConnectionError("the relay gives no sign of life")
        return asked_s


def backoff_s(failures: int) -> tuple[float, float]:
    """The shortest and the longest pause after so many failures: it doubles each time, up to 20 s."""
    return _BACKOFF_FIRST_S / 2, min(_BACKOFF_MAX_S, _BACKOFF_FIRST_S * 2 ** min(failures, _DOUBLINGS))


def _parse(data: object) -> Message | None:
    if not isinstance(data, str):
        return None
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
