"""The rules of the settings' section [turn], for a kiosk and for a rendezvous alone on a server. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.call.reaching.servers import URLS_MAX
from kiosk.call.reaching.urls import parse_url
from kiosk.rendezvous.turn import CREDENTIAL_LIFE_S, TurnSettings

_SECRET_MIN = 16
_HOURS_MIN, _HOURS_MAX = 0.5, 24.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TurnConfig:
    """Relays for sites behind firewalls, all with one secret. `ca_file` is trusted for turns: besides the
    machine's own list. Nothing here: kiosk and physician meet directly or not at all.
    """

    urls: tuple[str, ...] = ()
    secret: str = ""
    stun_urls: tuple[str, ...] = ()
    credential_hours: float = CREDENTIAL_LIFE_S / 3600
    relay_only: bool = False
    ca_file: Path | None = None

    def settings(self) -> TurnSettings:
        return TurnSettings(
            self.urls, self.secret, self.stun_urls, self.credential_hours * 3600, self.relay_only
        )

    def faults(self) -> Iterator[tuple[str, str]]:
        """Key and what is wrong with it."""
        yield from _bad_urls("urls", self.urls, turn=True)
        yield from _bad_urls("stun_urls", self.stun_urls, turn=False)
        if len(self.urls) + len(self.stun_urls) > URLS_MAX:
            yield "urls", f"with stun_urls there are more than {URLS_MAX}"
        if self.urls and len(self.secret) < _SECRET_MIN:
            yield "secret", f"has fewer than {_SECRET_MIN} characters"
        if self.secret and not self.urls:
            yield "secret", "is of no use without urls"
        if self.relay_only and not self.urls:
            yield "relay_only", "needs urls"
        if not _HOURS_MIN <= self.credential_hours <= _HOURS_MAX:
            yield "credential_hours", f"is not between {_HOURS_MIN:g} and {_HOURS_MAX:g}"


def _bad_urls(key: str, urls: tuple[str, ...], turn: bool) -> Iterator[tuple[str, str]]:
    for text in urls:
        try:
            if parse_url(text).turn != turn:
                yield key, f"{text}: belongs to {'stun_urls' if turn else 'urls'}"
        except ValueError as error:
            yield key, f"{text}: {error}"
