"""What is fuzzed: every decoder and every protocol that the catalogue has, found by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from devices import catalog
from devices.device import Device
from tests.devices import vectors
from tests.fakes.downloads import of_old, of_ring, of_v7
from tests.torture import inputs
from tests.torture.invariants import check_decoder, check_protocol, check_recording

ONE_FRAME = "one frame"
_NOBODYS = ("devices.catalog",)  # that of no catalogued device: by all that the catalogue imports


@dataclass(frozen=True, slots=True)
class Target:
    """`check` raises when an input breaks an invariant; `seeds` are inputs to begin with; `modules`: who
    decodes. `family`: the kind of instrument, or that it decodes one frame alone."""

    name: str
    family: str
    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    modules: tuple[str, ...]


def targets() -> dict[str, Target]:
    """Decoders first, by name: `decoder-KEY`, `recording-KEY` and `protocol-NAME`."""
    found = [*_decoders(), *_recordings(), *_protocols()]
    return {target.name: target for target in found}


def _decoders() -> list[Target]:
    decoding = [device for device in catalog.devices() if device.decoder is not None]
    return [
        Target(
            f"decoder-{d.key}",
            d.kind.value,
            partial(check_decoder, d),
            tuple(inputs.seeds(d.key)),
            (_module(d),),
        )
        for d in decoding
    ]


def _recordings() -> list[Target]:
    """Begun with a whole recording of each kind."""
    asked = [device for device in catalog.devices() if device.recordings]
    whole = (of_old(81), of_v7(100), of_ring())
    return [
        Target(
            f"recording-{d.key}",
            d.kind.value,
            partial(check_recording, d),
            tuple(_said(d.key, each) for each in whole),
            (_module(d),),
        )
        for d in asked
    ]


def _said(key: str, data: bytes) -> bytes:
    return inputs.write(key, [(inputs.speakers(key)[0], data)])


def _protocols() -> list[Target]:
    frames = [frame for path in sorted(vectors.FOLDER.glob("*.toml")) for frame in vectors.frames(path.stem)]
    return [
        Target(
            f"protocol-{name}",
            ONE_FRAME,
            partial(check_protocol, partial(catalog.decode, name)),
            tuple(frame.data for frame in frames if frame.protocol == name),
            _speakers(name) or _NOBODYS,
        )
        for name in catalog.protocols()
    ]


def _speakers(protocol: str) -> tuple[str, ...]:
    return tuple(_module(d) for d in catalog.devices() if protocol in dict(d.protocols))


def _module(device: Device) -> str:
    return f"{catalog.__name__}.{device.key}"
