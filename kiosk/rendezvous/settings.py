"""Settings and limits of the meeting place."""

from dataclasses import dataclass, field
from pathlib import Path

from kiosk.rendezvous.turn import TurnSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server bears. A room whose kiosk stays away for `kiosk_absence_s` is forgotten."""

    message_bytes: int = 64 * 1024
    rooms: int = 500
    joins_per_minute: int = 30  # for one client address
    messages_per_minute: int = 600  # for one connection
    probes_per_minute: int = 120  # for one client address, as are the heavy ones
    heavy_probes_per_minute: int = 12  # more than 64 KiB
    probe_bytes: int = 2_000_000
    kiosk_absence_s: float = 600.0
    room_age_s: float = 12 * 3600.0
    heartbeat_s: float = 20.0


@dataclass(frozen=True, slots=True)
class RendezvousSettings:
    """`page_dir` holds the physician's page. With no `cert_file`, a self-signed one is made in `tls_dir`.

    `hostnames` (names or addresses) go into that certificate. Port 0 takes a free port.
    """

    page_dir: Path
    tls_dir: Path
    kiosk_token: str
    host: str = "0.0.0.0"
    port: int = 8443
    hostnames: tuple[str, ...] = ("localhost", "127.0.0.1")
    cert_file: Path | None = None
    key_file: Path | None = None
    limits: Limits = field(default_factory=Limits)
    turn: TurnSettings = field(default_factory=TurnSettings)
