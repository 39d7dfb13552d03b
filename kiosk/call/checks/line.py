"""The line: is the meeting place there, how far is it, what passes up and down, and through the relay."""

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from kiosk.call.checks.figures import LineFigures, Udp
from kiosk.call.checks.ramp import LIMIT_S, measure_rate
from kiosk.call.secret import default_relay
from kiosk.call.settings import CallSettings

if TYPE_CHECKING:
    import aiohttp

    from kiosk.call.reaching.reaching import Reaching

_REACH_S = 4.0  # a connection by TLS and one question more: six round trips, over a satellite as well
_RTTS, _RTTS_S = 3, 1.5
_RATES_S = 8.5  # all of it is over by then
_logger = logging.getLogger(__name__)

AskRelay = Callable[[], Awaitable[Udp | None]]


@dataclass(frozen=True, slots=True)
class LineAddress:
    """Where the rendezvous is and what opens it. `local`: it runs on this machine.

    `signal_url` is that of the relay (wss://.../signal); the probe stands beside it.
    """

    signal_url: str
    token: str = field(repr=False)
    room: str = field(repr=False)
    ca_file: Path | None = None
    local: bool = False

    @classmethod
    def of(cls, settings: CallSettings, room: str, local: bool) -> "LineAddress":
        """The way this kiosk's call goes."""
        url = settings.kiosk_relay_url or settings.relay_url or default_relay(settings.page_url)
        return cls(url, settings.kiosk_token, room, settings.ca_file, local)

    @property
    def probe_url(self) -> str:
        parts = urlsplit(self.signal_url)
        path = parts.path.rpartition("/")[0] + "/probe"
        return urlunsplit(("http" if parts.scheme == "ws" else "https", parts.netloc, path, "", ""))


async def measure_line(address: LineAddress, ask_relay: AskRelay | None = None) -> LineFigures:
    """At most about 9 s; nothing is raised for a line that is down."""
    meeting, udp = await asyncio.gather(_measure_meeting(address), _ask(ask_relay))
    reachable, rtt_ms, up_bps, down_bps = meeting
    return LineFigures(reachable, address.local, rtt_ms, up_bps, down_bps, udp)


async def try_relay(reaching: "Reaching") -> Udp | None:
    """Loss and round trip through the relay that the call would take. None: this site has none."""
    route = await reaching.route()
    if route.chosen is None:
        return Udp(reachable=False) if reaching.answers else None
    from kiosk.call.reaching.udp_probe import measure_udp

    line = await measure_udp(route.chosen.server, route.tls)
    if line is None:  # it gave one place, and refused the second that measuring needs
        return Udp(reachable=True, rtt_ms=route.chosen.rtt_ms)
    return Udp(reachable=True, rtt_ms=line.rtt_ms, loss=line.loss)


async def _ask(ask_relay: AskRelay | None) -> Udp | None:
    return await ask_relay() if ask_relay is not None else None


Meeting = tuple[bool, float | None, float | None, float | None]


async def _measure_meeting(address: LineAddress) -> Meeting:
    import aiohttp  # lazy: the first screen must not pay for it

    try:
        tls = ssl.create_default_context(cafile=address.ca_file)
        headers = {"Authorization": f"Bearer {address.token}"}
        async with aiohttp.ClientSession(headers=headers, trust_env=False) as client:
            return await _Probe(client, address, tls).measure()
    except aiohttp.ClientResponseError as error:
        _logger.info("the rendezvous gives no measure of the line: HTTP %d", error.status)
        return True, None, None, None
    except (aiohttp.ClientError, OSError) as error:
        _logger.info("the line could not be measured: %s", type(error).__name__)
        return False, None, None, None


@dataclass(slots=True)
class _Probe:
    client: "aiohttp.ClientSession"
    address: LineAddress
    tls: ssl.SSLContext

    async def measure(self) -> Meeting:
        """Raises OSError (TimeoutError too) and aiohttp.ClientError when the server does not answer."""
        began_s = time.monotonic()
        async with asyncio.timeout(_REACH_S):
            rtt_s = await self._round_trip_s()
        if self.address.local:
            return True, rtt_s * 1000, None, None
        limit_s = min(LIMIT_S, (began_s + _RATES_S - time.monotonic()) / 2)
        up_bps = await measure_rate(self.up, rtt_s, limit_s)
        down_bps = await measure_rate(self.down, rtt_s, limit_s)
        return True, rtt_s * 1000, up_bps, down_bps

    async def _round_trip_s(self) -> float:
        """The shortest of a few, of one where that takes long."""
        await self.down(0)  # opens the connection
        began_s, trips_s = time.monotonic(), [await self.down(0)]
        while len(trips_s) < _RTTS and time.monotonic() - began_s < _RTTS_S:
            trips_s.append(await self.down(0))
        return min(trips_s)

    async def down(self, size: int) -> float:
        began_s = time.monotonic()
        query = {**self._query, "bytes": str(size)}
        async with self.client.get(self.address.probe_url, params=query, ssl=self.tls) as answer:
            answer.raise_for_status()
            await answer.read()
        return time.monotonic() - began_s

    async def up(self, size: int) -> float:
        began_s = time.monotonic()
        body = bytes(size)
        async with self.client.post(
            self.address.probe_url, params=self._query, data=body, ssl=self.tls
        ) as answer:
            answer.raise_for_status()
            await answer.read()
        return time.monotonic() - began_s

    @property
    def _query(self) -> dict[str, str]:
        return {"room": self.address.room, "role": "kiosk"}
