from collections.abc import Iterator

import pytest
from aioice import ice

from kiosk.call.repairs.loopback import offer_loopback


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = ice.get_host_addresses
    yield
    ice.get_host_addresses = before


def test_loopback_is_offered_once_asked_for() -> None:
    offer_loopback()
    offer_loopback()
    assert ice.get_host_addresses(use_ipv4=True, use_ipv6=True).count("127.0.0.1") == 1
    assert "127.0.0.1" not in ice.get_host_addresses(use_ipv4=False, use_ipv6=True)


def test_the_library_still_skips_it() -> None:
    """When this fails, aioice can be asked for loopback: drop the repair."""
    stock = getattr(ice.get_host_addresses, "stock", ice.get_host_addresses)
    assert "127.0.0.1" not in stock(use_ipv4=True, use_ipv6=True)
