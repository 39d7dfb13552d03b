"""What is fuzzed: every decoder and every protocol that the catalogue has, found by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from devices import catalog
from tests.devices import vectors
from tests.torture import inputs
from tests.torture.invariants import check_decoder, check_protocol


@dataclass(frozen=True, slots=True)
class Target:
    """`check` raises when an input breaks an invariant; `seeds` are inputs to begin with."""

    name: str
    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def targets() -> dict[str, Target]:
    """Decoders first, by name: `decoder-KEY` and `protocol-NAME`."""
    found = [*_decoders(), *_protocols()]
    return {target.name: target for target in found}


def _decoders() -> list[Target]:
    decoding = [device for device in catalog.devices() if device.decoder is not None]
    return [
        Target(f"decoder-{d.key}", partial(check_decoder, d), tuple(inputs.seeds(d.key))) for d in decoding
    ]


def _protocols() -> list[Target]:
    frames = [frame for path in sorted(vectors.FOLDER.glob("*.toml")) for frame in vectors.frames(path.stem)]
    return [
        Target(
            f"protocol-{name}",
            partial(check_protocol, partial(catalog.decode, name)),
            tuple(frame.data for frame in frames if frame.protocol == name),
        )
        for name in catalog.protocols()
    ]
