"""The server: page, `/signal`, TLS. Embedded in the kiosk's loop, or alone on a machine of its own."""

import asyncio
import contextlib
import importlib
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.rendezvous.errors import RendezvousError, RendezvousReason
from kiosk.rendezvous.settings import RendezvousSettings
from kiosk.rendezvous.tls import self_signed, server_context

if TYPE_CHECKING:
    from aiohttp import web

    from kiosk.rendezvous.relay import Relay

_logger = logging.getLogger(__name__)


class Rendezvous:
    """`await start()`, then `port` and `cert_file` are known; `await stop()` ends every connection."""

    def __init__(self, settings: RendezvousSettings) -> None:
        self._settings = settings
        self._runner: web.AppRunner | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._relay: Relay | None = None
        self.port = settings.port
        self.cert_file: Path | None = settings.cert_file

    async def start(self) -> None:
        """Listen. Raises RendezvousError: PORT_BUSY, CERTIFICATE, PAGE_MISSING."""
        # Beside the loop, and not with this module: aiohttp takes its time to import.
        await asyncio.to_thread(importlib.import_module, "kiosk.rendezvous.relay")
        from aiohttp import web

        app = self._application()
        cert_file, key_file = self._certificate()
        # No access log: a request line carries the room's id.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        context = server_context(cert_file, key_file)
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port, ssl_context=context)
        try:
            await site.start()
        except OSError as error:
            await self.stop()
            raise RendezvousError(RendezvousReason.PORT_BUSY, str(error)) from error
        self.port = self._runner.addresses[0][1]
        self.cert_file = cert_file
        if self._relay is not None:
            self._sweeper = asyncio.create_task(self._relay.sweep())
        _logger.info("rendezvous listens on port %d", self.port)

    def reserve(self, room_id: str) -> None:
        """After `start`: open the room of a session that a restart cut short, where its physician waits."""
        if self._relay is None:
            raise RuntimeError("start first")
        self._relay.reserve(room_id)

    async def stop(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._relay is not None:
            await self._relay.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _application(self) -> "web.Application":
        from aiohttp import web

        from kiosk.rendezvous.line_probe import LineProbe
        from kiosk.rendezvous.page import Page
        from kiosk.rendezvous.relay import Relay

        page = Page(self._settings.page_dir)
        limits = self._settings.limits
        relay = self._relay = Relay(limits, self._settings.kiosk_token, self._settings.turn)
        probe = LineProbe(limits, relay.knows, self._settings.turn)
        app = web.Application(client_max_size=limits.message_bytes)
        app.router.add_get("/signal", relay.handle)
        app.router.add_get("/probe", probe.give)
        app.router.add_post("/probe", probe.take)
        app.router.add_get("/servers", probe.servers)
        app.router.add_get("/", page.handle)
        app.router.add_get("/{name:.+}", page.handle)
        return app

    def _certificate(self) -> tuple[Path, Path]:
        if self._settings.cert_file is None:
            return self_signed(self._settings.tls_dir, self._settings.hostnames)
        return self._settings.cert_file, self._settings.key_file or self._settings.cert_file


def run_rendezvous(settings: RendezvousSettings) -> int:
    """Serve until SIGINT or SIGTERM. Returns 0, or 1 when it cannot start (the reason is logged)."""
    try:
        asyncio.run(_serve(settings))
    except RendezvousError as error:
        _logger.error("the rendezvous cannot start: %s", error)
        return 1
    return 0


async def _serve(settings: RendezvousSettings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl+C arrives as KeyboardInterrupt
            loop.add_signal_handler(number, stopped.set)
    server = Rendezvous(settings)
    await server.start()
    try:
        await stopped.wait()
    finally:
        await server.stop()
