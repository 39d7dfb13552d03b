"""The fuzzer's own eyes: a decoder that breaks an invariant is seen; those of the catalogue break none."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from devices import catalog
from devices.device import Device
from devices.event import Event, FrameError, Measured, Rejected, Samples
from devices.metrics import BODY_TEMPERATURE, PLETH, SPO2
from devices.reading import Quantity
from tests.torture import code, inputs
from tests.torture.invariants import check_decoder, check_protocol
from tests.torture.steps import TooMuchWork, at_most
from tests.torture.targets import Target, targets

_OXIMETER = catalog.by_key()["contec_cms50_v7"]
_HEAT = Measured((Quantity(BODY_TEMPERATURE, Decimal(37)),), raw=b"x")


def _input(wanted: inputs.Look) -> bytes:
    """An input that is looked at in this way."""
    pieces = (inputs.write(_OXIMETER.key, [("", number.to_bytes(8, "big"))]) for number in range(100_000))
    return next(data for data in pieces if inputs.look(data) is wanted)


class _Stub:
    """Decodes by whatever `says`."""

    says: Sequence[Event] = ()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        return list(self.says)


class _Raises(_Stub):
    def feed(self, data: bytes, source: str = "") -> list[Event]:
        raise FrameError("a refusal may not leave a decoder")


class _Undeclared(_Stub):
    says = (_HEAT,)


class _Floods(_Stub):
    says = (Rejected("again", b""),) * 1000


class _Chatters(_Stub):
    says = (Samples(PLETH, Decimal(1), ()),)


class _Unproven(_Stub):
    says = (Measured((Quantity(SPO2, Decimal(97)),)),)


class _ByPieces(_Stub):
    def feed(self, data: bytes, source: str = "") -> list[Event]:
        return [Rejected(f"{len(data)} at once", data[:1])]


class _Squares(_Stub):
    def feed(self, data: bytes, source: str = "") -> list[Event]:
        for _ in range(100_000 * len(data)):
            pass
        return []


class _Hoards(_Stub):
    def __init__(self) -> None:
        self._all: list[list[int]] = []

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        self._all.append(list(data) + [0] * 100)
        return []


def _with(decoder: type[_Stub]) -> Device:
    return replace(_OXIMETER, decoder=decoder)


@pytest.mark.parametrize(
    ("decoder", "look", "complaint"),
    [
        (_Raises, inputs.Look.PLAIN, "a refusal"),
        (_Undeclared, inputs.Look.PLAIN, "does not declare"),
        (_Floods, inputs.Look.PLAIN, "1000 events"),
        (_Chatters, inputs.Look.PLAIN, "no samples"),
        (_Unproven, inputs.Look.PLAIN, "without evidence"),
        (_Squares, inputs.Look.COUNTED, "lines executed"),
        (_Hoards, inputs.Look.ENDLESS, "keeps"),
    ],
)
def test_a_decoder_that_breaks_an_invariant_is_seen(
    decoder: type[_Stub], look: inputs.Look, complaint: str
) -> None:
    with pytest.raises((AssertionError, FrameError), match=complaint):
        check_decoder(_with(decoder), _input(look))


def test_a_stream_that_depends_on_its_cuts_is_seen() -> None:
    twice = inputs.write(_OXIMETER.key, [("", b"one"), ("", b"two")])
    with pytest.raises(AssertionError, match="cut in other places"):
        check_decoder(_with(_ByPieces), twice)


def test_a_protocol_that_fails_otherwise_than_by_refusal_is_seen() -> None:
    with pytest.raises(IndexError):
        check_protocol(lambda data: {"first": data[0]}, b"")
    with pytest.raises(TypeError):
        check_protocol(lambda data: {"all": data}, b"x")
    with pytest.raises(ValueError, match="not JSON compliant"):
        check_protocol(lambda _: {"number": float("nan")}, b"x")


def test_an_input_is_read_as_it_was_written() -> None:
    pieces = [("", b"\x01\x02"), ("2a35", b"\x03"), ("", b"\x04")]
    assert inputs.read(_OXIMETER.key, inputs.write(_OXIMETER.key, pieces)) == pieces


@pytest.mark.parametrize("target", targets().values(), ids=lambda target: target.name)
def test_the_evidence_breaks_nothing(target: Target) -> None:
    assert target.seeds
    for seed in target.seeds:
        target.check(seed)


def test_a_loop_without_end_is_ended() -> None:
    with pytest.raises(TooMuchWork), at_most(1000):
        _never_ends()


def _never_ends() -> None:
    while True:
        pass


def test_inputs_count_until_the_code_changes_that_they_were_fed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "ROOT", tmp_path)
    sources = {"own": "from devices import shared", "shared": "import devices.deep", "deep": "", "other": ""}
    (tmp_path / "devices").mkdir()
    for name, source in sources.items():
        (tmp_path / "devices" / f"{name}.py").write_text(source)
    was = digest_now()
    (tmp_path / "devices/other.py").write_text("changed = 1")
    assert digest_now() == was
    (tmp_path / "devices/deep.py").write_text("changed = 1")
    assert digest_now() != was


def digest_now() -> str:
    code.digest.cache_clear()
    return code.digest("devices.own")


def test_what_is_fuzzed_needs_no_package() -> None:
    """The fuzzer has an environment of its own, with nothing in it but itself."""
    known = f"import sys; sys.path.insert(0, {str(code.ROOT)!r}); import tests.torture.targets"
    subprocess.run([sys.executable, "-I", "-S", "-c", known], check=True)
