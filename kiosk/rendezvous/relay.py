"""`/signal`: forwards text frames between the two of one room, verbatim. Keeps none."""

import asyncio
import hmac
import json
import logging
import time

from aiohttp import WSMsgType, web

from kiosk.rendezvous.errors import CloseCode
from kiosk.rendezvous.limits import RateLimit
from kiosk.rendezvous.rooms import Refused, Role, Room, RoomTable
from kiosk.rendezvous.settings import Limits
from kiosk.rendezvous.turn import TurnSettings, servers_message
from kiosk.rendezvous.words import TOKEN, Dropped, Forward, Invite, Uninvite, read

_logger = logging.getLogger(__name__)
_SWEEP_S = 15.0

Socket = web.WebSocketResponse


class Relay:
    """All rooms of one server. `sweep()` runs beside it and forgets what is over."""

    def __init__(self, limits: Limits, kiosk_token: str, turn: TurnSettings) -> None:
        self._limits = limits
        self._turn = turn
        self._kiosk_token = kiosk_token.encode()
        self._rooms: RoomTable[Socket] = RoomTable(limits.rooms, limits.kiosk_absence_s, limits.room_age_s)
        self._joins = RateLimit(limits.joins_per_minute)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One WebSocket, from join to leave. Refusals are close codes, so that a page can read them."""
        if not self._joins.allows(request.remote or "", time.monotonic()):
            return web.Response(status=429)
        socket = Socket(heartbeat=self._limits.heartbeat_s, max_msg_size=self._limits.message_bytes)
        await socket.prepare(request)
        try:
            role, room = self._admit(request)
        except Refused as refused:
            await self._refuse(request, socket, refused.code)
            return socket
        await self._serve(socket, role, room)
        return socket

    def _admit(self, request: web.Request) -> tuple[Role, Room[Socket]]:
        room_id, seat = request.query.get("room", ""), request.query.get("seat", "")
        role = request.query.get("role")
        if not TOKEN.fullmatch(room_id):
            raise Refused(CloseCode.NO_SUCH_ROOM)
        if role == Role.KIOSK:
            if not self._authorized(request):
                raise Refused(CloseCode.BAD_TOKEN)
            return Role.KIOSK, self._rooms.for_kiosk(room_id, time.monotonic())
        if role == Role.HOST:
            return Role.HOST, self._rooms.for_host(room_id, request.query.get("token", ""))
        if role != Role.PHYSICIAN or not TOKEN.fullmatch(seat):
            raise Refused(CloseCode.REFUSED)
        return Role.PHYSICIAN, self._rooms.for_physician(room_id, seat)

    def _authorized(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").encode()
        return bool(self._kiosk_token) and hmac.compare_digest(given, b"Bearer " + self._kiosk_token)

    def knows(self, request: web.Request) -> bool:
        """Whether this is the kiosk or the physician of a room that exists; takes no seat."""
        room = self._rooms.find(request.query.get("room", ""))
        if room is None:
            return False
        if request.query.get("role") == Role.KIOSK:
            return self._authorized(request)
        seat = request.query.get("seat", "")
        known = request.query.get("role") == Role.PHYSICIAN and TOKEN.fullmatch(seat) is not None
        return known and room.seat in ("", seat)

    async def _refuse(self, request: web.Request, socket: Socket, code: CloseCode) -> None:
        room = self._rooms.find(request.query.get("room", ""))
        if code is CloseCode.USED and room is not None:
            await _send(room.kiosk, {"type": "refused"})
        await socket.close(code=code, message=code.name.lower().encode())

    async def _serve(self, socket: Socket, role: Role, room: Room[Socket]) -> None:
        replaced = room.take(role, socket)
        if replaced is not None:
            # Not awaited here: a half-dead connection answers the close handshake late or never.
            closing = asyncio.ensure_future(replaced.close(code=CloseCode.REFUSED, message=b"replaced"))
        _logger.info("joined as %s: %d rooms", role, len(self._rooms))
        telling = asyncio.create_task(self._tell_servers(socket))
        try:
            await self._name_servers(socket)
            await self._introduce(socket, room.other(role), replaced is not None)
            await self._forward(socket, role, room)
        finally:
            telling.cancel()
        await self._left(socket, role, room)
        if replaced is not None:
            await asyncio.wait([closing], timeout=1)

    async def _name_servers(self, socket: Socket) -> None:
        if not self._turn.empty:
            await _send(socket, servers_message(self._turn))

    async def _tell_servers(self, socket: Socket) -> None:
        """Again before the credentials end, for as long as the connection lives."""
        while not self._turn.empty:
            await asyncio.sleep(self._turn.renew_after_s)
            await self._name_servers(socket)

    async def _introduce(self, socket: Socket, other: Socket | None, again: bool) -> None:
        """The newcomer first: whatever the other says once it knows, the newcomer can already place."""
        await _send(socket, {"type": "peer", "present": other is not None})
        if again:
            await _send(other, {"type": "peer", "present": False})
        await _send(other, {"type": "peer", "present": True})

    async def _forward(self, socket: Socket, role: Role, room: Room[Socket]) -> None:
        rate = RateLimit(self._limits.messages_per_minute)
        async for message in socket:
            if message.type is not WSMsgType.TEXT or not rate.allows("", time.monotonic()):
                await socket.close(code=CloseCode.REFUSED)
                return
            if not room.holds(role, socket):
                return  # replaced: what it still says belongs to a round that is over
            await self._heard(socket, role, room, message.data)

    async def _heard(self, socket: Socket, role: Role, room: Room[Socket], text: str) -> None:
        match read(role, text):
            case Forward():
                other = room.other(role)
                if other is not None:
                    await _send_text(other, text)
            case Invite(room_id, host_hash):
                opened = self._invite(room, room_id, host_hash)
                await _send(socket, {"type": "invited", "room": room_id, "open": opened})
            case Uninvite(room_id):
                if room.guests is not None and room.guests.id == room_id:
                    await self._close_room(room.guests)
            case Dropped():
                _logger.warning("a %s said what it may not: dropped", role)

    def _invite(self, room: Room[Socket], room_id: str, host_hash: str) -> bool:
        try:
            self._rooms.invite(room, room_id, host_hash, time.monotonic())
        except Refused as refused:
            _logger.info("no room for a guest: %s", refused.code.name)
            return False
        return True

    async def _left(self, socket: Socket, role: Role, room: Room[Socket]) -> None:
        if not self._rooms.leave(room, role, socket, time.monotonic()):
            return
        if role is not Role.PHYSICIAN and socket.close_code == CloseCode.ROOM_OVER:
            await self._close_room(room)
        else:
            await _send(room.other(role), {"type": "peer", "present": False})

    async def _close_room(self, room: Room[Socket]) -> None:
        if room.guests is not None:
            await self._close_room(room.guests)
        self._rooms.over(room)
        _logger.info("room over: %d rooms", len(self._rooms))
        for socket in (room.kiosk, room.physician):
            if socket is not None:
                await socket.close(code=CloseCode.NO_SUCH_ROOM, message=b"over")

    def reserve(self, room_id: str) -> None:
        """Open a room before its kiosk comes back: its physician waits instead of being refused."""
        self._rooms.for_kiosk(room_id, time.monotonic())

    async def sweep(self) -> None:
        """Forget expired rooms, for ever."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            for room in self._rooms.expired(time.monotonic()):
                await self._close_room(room)

    async def close(self) -> None:
        """Say goodbye to everybody (going away: they may come back when the server does)."""
        sockets = [s for room in self._rooms for s in (room.kiosk, room.physician) if s is not None]
        await asyncio.gather(*(socket.close(code=1001) for socket in sockets))


async def _send(socket: Socket | None, message: dict[str, object]) -> None:
    if socket is not None:
        await _send_text(socket, json.dumps(message))


async def _send_text(socket: Socket, text: str) -> None:
    try:
        await socket.send_str(text)
    except ConnectionError:
        _logger.info("a connection went away while it was written to")
