"""Where this kiosk meets its physicians: its own embedded rendezvous, or a server elsewhere."""

import secrets
import socket
from pathlib import Path

from kiosk.call.secret import room_of
from kiosk.call.settings import CallSettings
from kiosk.config import Config
from kiosk.rendezvous.server import Rendezvous
from kiosk.rendezvous.settings import RendezvousSettings


class Meeting:
    """Start before the first call. `page_dir` holds the physician's page."""

    def __init__(self, config: Config, page_dir: Path) -> None:
        self._config = config
        self._page_dir = page_dir
        self._token = config.rendezvous.token or secrets.token_urlsafe(32)
        self._server: Rendezvous | None = None

    async def start(self) -> None:
        """Raises RendezvousError when the embedded server cannot listen."""
        if not self._config.rendezvous.embedded:
            return
        server = Rendezvous(self._settings())
        await server.start()
        self._server = server

    def reserve(self, saved_call: bytes) -> None:
        """Keep the room of an interrupted session: its physician may come back before the helper resumes."""
        if self._server is not None:
            self._server.reserve(room_of(saved_call))

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()

    @property
    def page_url(self) -> str:
        """What the link begins with; without a configured address, this machine's own on the network."""
        if self._config.rendezvous.public_url:
            return self._config.rendezvous.public_url
        port = self._server.port if self._server else self._config.rendezvous.port
        return f"https://{own_address()}:{port}/"

    def call_settings(self, session_number: str) -> CallSettings:
        rendezvous = self._config.rendezvous
        # A configured certificate names the public host, our own self-signed one names localhost.
        own = self._server is not None and rendezvous.cert_file is None
        embedded = f"wss://localhost:{self._server.port}/signal" if self._server and own else ""
        return CallSettings(
            page_url=self.page_url,
            kiosk_token=self._token,
            words_file=self._page_dir / "words.json",
            site=self._config.site.name,
            session_number=session_number,
            relay_url=rendezvous.relay_url,
            kiosk_relay_url=embedded,
            ca_file=self._server.cert_file if self._server and own else rendezvous.ca_file,
            language=self._config.kiosk.language,
            include_loopback=self._config.call.include_loopback,
            turn_ca_file=self._config.turn.ca_file or rendezvous.ca_file,
            cancel_echo=self._config.call.echo_cancellation,
        )

    def _settings(self) -> RendezvousSettings:
        rendezvous = self._config.rendezvous
        return RendezvousSettings(
            page_dir=self._page_dir,
            tls_dir=self._config.kiosk.data_dir / "tls",
            kiosk_token=self._token,
            host=rendezvous.host,
            port=rendezvous.port,
            hostnames=("localhost", "127.0.0.1", own_address()),
            cert_file=rendezvous.cert_file,
            key_file=rendezvous.key_file,
            turn=self._config.turn.settings(),
        )


def own_address() -> str:
    """The address under which others on the network reach this machine; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: chooses an interface, no packet leaves
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
