"""aioice never offers 127.0.0.1: kiosk and physician on one machine without a network would not meet."""

from collections.abc import Callable

from aioice import ice

LOOPBACK = "127.0.0.1"


def offer_loopback() -> None:
    """From now on, every ICE agent of this process offers 127.0.0.1 too. May be called again."""
    stock: Callable[..., list[str]] = ice.get_host_addresses
    if hasattr(stock, "stock"):
        return

    def with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        addresses = stock(use_ipv4=use_ipv4, use_ipv6=use_ipv6)
        return [*addresses, LOOPBACK] if use_ipv4 else addresses

    with_loopback.stock = stock  # type: ignore[attr-defined]
    ice.get_host_addresses = with_loopback
