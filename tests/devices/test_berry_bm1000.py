"""berry-oximeter, written by others, reads the same out of any stream of Berry's."""

from collections.abc import Iterator
from typing import Any

from berry_oximeter.parser import BCIProtocolParser
from hypothesis import given
from hypothesis import strategies as st

from devices.berry_bci import Frame
from devices.event import Rejected
from devices.five_bytes import Framer
from tests.devices import vectors

independent: Any = BCIProtocolParser
low = st.integers(0, 127)
frames = st.builds(lambda state, *rest: bytes([state | 0x80, *rest]), low, low, low, low, low)


def ours(data: bytes) -> Iterator[Frame]:
    for part in Framer(Frame.parse).split(data + b"\x80"):  # a frame ends when the next one begins
        if not isinstance(part, Rejected):
            yield part[0]


def assert_same(data: bytes) -> None:
    mine, theirs = list(ours(data)), independent().add_data(data)
    assert len(mine) == len(theirs) == len(data) // 5
    for one, other in zip(mine, theirs, strict=True):
        # It takes a rate and a saturation of 0 for numbers, and a sample of 0 for none.
        assert (one.pr, one.spo2) == (other.pulse_rate or None, other.spo2 or None)
        assert one.pleth == (other.pleth or 0)
        flags = (one.no_signal, one.probe_unplugged, one.no_finger, one.searching, one.beep, one.strength)
        assert flags == (
            other.no_signal, other.probe_unplugged, other.no_finger, other.pulse_searching,
            other.pulse_beep, other.signal_strength,
        )  # fmt: skip


def test_it_agrees_on_every_vector() -> None:
    for frame in vectors.frames("berry_bm1000"):
        assert_same(frame.data)


@given(st.lists(frames, max_size=20))
def test_it_agrees_on_any_stream(stream: list[bytes]) -> None:
    assert_same(b"".join(stream))


@given(st.lists(frames, min_size=2, max_size=8), st.data())
def test_a_lost_byte_costs_its_own_frame_alone(stream: list[bytes], draw: st.DataObject) -> None:
    data = b"".join(stream)
    at = draw.draw(st.integers(0, len(data) - 1))
    whole, damaged = list(ours(data)), list(ours(data[:at] + data[at + 1 :]))
    spoiled = (
        {at // 5, at // 5 - 1} if at % 5 == 0 else {at // 5}
    )  # without its beginning it spoils the one before
    assert damaged == [frame for n, frame in enumerate(whole) if n not in spoiled]
