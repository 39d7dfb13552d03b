"""The catalogue: one module per device model or profile, found at run time.

To add a device, add its module here (exposing `DEVICE`) and its vectors in `tests/vectors/`: nothing else.
A frozen build must collect the submodules of this package, because nothing imports them by name.
"""

import pkgutil
from functools import cache
from importlib import import_module
from types import MappingProxyType

from devices import clock, driverless, ieee11073
from devices.device import Device
from devices.reading import Kind


class UnknownProtocol(KeyError):
    """Nothing here decodes a protocol of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"no catalogued device speaks {self.name!r}"


class CatalogError(Exception):
    """Two modules claim the same key, or the same protocol with different decoders."""


@cache
def module_names() -> tuple[str, ...]:
    """The names of the catalogue's modules, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def by_key() -> MappingProxyType[str, Device]:
    """Every catalogued device by its key."""
    found: dict[str, Device] = {}
    for name in module_names():
        device: Device = import_module(f"{__name__}.{name}").DEVICE
        if device.key in found:
            raise CatalogError(f"two devices are called {device.key!r}")
        found[device.key] = device
    return MappingProxyType(found)


def devices(kind: Kind | None = None) -> tuple[Device, ...]:
    """All devices, or those of one kind, in a stable order."""
    return tuple(device for device in by_key().values() if kind in (None, device.kind))


@cache
def _protocols() -> dict[str, ieee11073.Describe]:
    known = dict(ieee11073.PROTOCOLS + clock.PROTOCOLS + driverless.PROTOCOLS)
    for device in devices():
        for name, describe in device.protocols:
            if known.setdefault(name, describe) is not describe:
                raise CatalogError(f"{device.key}: the protocol {name!r} is another device's")
    return known


def protocols() -> tuple[str, ...]:
    """The names that `decode` knows, sorted."""
    return tuple(sorted(_protocols()))


def decode(protocol: str, data: bytes) -> dict[str, object]:
    """One frame as a JSON-ready object. Raises UnknownProtocol, or FrameError if `data` is no such frame."""
    try:
        describe = _protocols()[protocol]
    except KeyError:
        raise UnknownProtocol(protocol) from None
    return describe(data)
