"""The Contec stream over time: cadence, faults, and what may never be sent to the device."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.catalog.contec_cms50_v7 import DEVICE, Decoder
from devices.contec_v7 import Command, command, describe_command, describe_packet
from devices.device import SerialMatch
from devices.event import Event, FrameError, Measured, Rejected, Samples, Signal
from devices.metrics import PLETH
from devices.reading import Absent
from tests.fakes import frames

SECOND = 60
FORBIDDEN = {0xAE, 0xB0, 0xB1, 0xB2, 0xB6}


def _run(decoder: Decoder, packets: list[bytes]) -> list[tuple[int, Event]]:
    """Feeds each packet with the type byte of the next one, which is what ends it: (index, event)."""
    decoder.feed(packets[0][:1])
    ends = [packet[1:] + b"\x01" for packet in packets]
    return [(index, event) for index, end in enumerate(ends) for event in decoder.feed(end)]


def _readings(events: list[tuple[int, Event]]) -> list[tuple[int, Measured]]:
    return [(index, event) for index, event in events if isinstance(event, Measured)]


def _spo2(reading: Measured) -> Decimal | Absent | None:
    return reading.quantities[0].absent or reading.quantities[0].value


def test_a_steady_patient_is_read_at_once_and_then_every_five_seconds() -> None:
    packets = [frames.contec_v7_frame(pleth=index % 100) for index in range(15 * SECOND + 1)]
    readings = _readings(_run(Decoder(), packets))
    assert [index for index, _ in readings] == [0, 300, 600, 900]


def test_a_change_is_read_at_most_once_a_second() -> None:
    packets = [frames.contec_v7_frame(pr=60 + index % 50) for index in range(3 * SECOND + 1)]
    assert [index for index, _ in _readings(_run(Decoder(), packets))] == [0, 60, 120, 180]


def test_every_sample_comes_out_once_in_order_in_chunks_of_a_tenth_of_a_second() -> None:
    sent = [index % 128 for index in range(10 * SECOND)]
    events = _run(Decoder(), [frames.contec_v7_frame(pleth=value) for value in sent])
    chunks = [event for _, event in events if isinstance(event, Samples)]
    assert [sample for chunk in chunks for sample in chunk.samples] == sent
    assert {(chunk.metric, len(chunk.samples), chunk.gap) for chunk in chunks} == {(PLETH, 6, False)}
    assert abs(chunks[0].period_ms * 60 - 1000) < Decimal("1e-20")


def test_the_finger_comes_out_and_returns() -> None:
    finger, empty = frames.contec_v7_frame(), frames.contec_v7_finger_out()
    searching = frames.contec_v7_searching()
    packets = [finger] * SECOND + [empty] * 20 * SECOND + [searching] * 4 * SECOND + [finger] * SECOND
    events = _run(Decoder(), packets)
    states = [(index, event.state.value) for index, event in events if isinstance(event, Signal)]
    assert states == [(0, "measuring"), (60, "sensor_off"), (1260, "searching"), (1500, "measuring")]
    assert [(index, _spo2(reading)) for index, reading in _readings(events)] == [
        (0, Decimal(98)),
        (60, Absent.SENSOR_OFF),
        (1500, Decimal(98)),
    ]


def test_the_raw_packet_is_kept_as_evidence() -> None:
    packet = frames.contec_v7_frame()
    assert _readings(_run(Decoder(), [packet]))[0][1].raw == packet


@pytest.mark.parametrize("position", range(9))
def test_a_flipped_high_bit_is_rejected_and_leaves_a_gap(position: int) -> None:
    good = frames.contec_v7_frame(pleth=40)
    broken = bytearray(good)
    broken[position] ^= 0x80
    events = Decoder().feed(b"".join([good, good, bytes(broken), *[good] * 13]))
    assert any(isinstance(event, Rejected) for event in events)
    chunks = [event for event in events if isinstance(event, Samples)]
    # Without its type byte the broken packet cannot be told from its predecessor: both are lost.
    assert chunks[0].samples == ((40, 40) if position else (40,)) and not chunks[0].gap
    assert chunks[1].gap and not any(chunk.gap for chunk in chunks[2:])
    assert {len(chunk.samples) for chunk in chunks[1:]} == {6} and len(chunks) == 3


@given(lost=st.lists(st.integers(0, 9 * 120 - 1), max_size=12, unique=True))
def test_lost_bytes_never_move_a_sample_or_invent_one(lost: list[int]) -> None:
    stream = b"".join(frames.contec_v7_frame(pleth=index) for index in range(120))
    damaged = bytes(byte for index, byte in enumerate(stream) if index not in lost)
    chunks = [event for event in Decoder().feed(damaged) if isinstance(event, Samples)]
    steps = {after - before for chunk in chunks for before, after in pairwise(chunk.samples)}
    assert steps <= {1}


@given(first=st.integers(0, 9 * 100), size=st.integers(1, 100).filter(lambda size: size % 9))
def test_a_burst_lost_never_invents_a_number(first: int, size: int) -> None:
    stream = b"".join(frames.contec_v7_frame(spo2=97, pr=61) for _ in range(130))
    events = Decoder().feed(stream[:first] + stream[first + size :])
    numbers = [
        quantity.value
        for _, reading in _readings([(0, e) for e in events])
        for quantity in reading.quantities
    ]
    assert set(numbers) == {Decimal(97), Decimal(61), Decimal("2.5")}


def test_a_megabyte_of_noise_holds_no_memory_and_the_stream_recovers() -> None:
    decoder = Decoder()
    noise = bytes(range(0x80, 0x100)) * 8192
    assert all(isinstance(event, Rejected) and len(event.raw) <= 16 for event in decoder.feed(noise))
    assert _readings(_run(decoder, [frames.contec_v7_frame()] * 2))


def test_only_harmless_commands_are_declared() -> None:
    assert isinstance(DEVICE.match, SerialMatch)
    declared = [*DEVICE.match.start, DEVICE.match.keep_alive, *DEVICE.match.stop]
    assert declared == [frames.CONTEC_START, frames.CONTEC_KEEP_ALIVE, frames.CONTEC_STOP]
    assert {describe_command(sent)["opcode"] for sent in declared} <= set(Command)
    assert DEVICE.match.keep_alive_s == 5.0


def test_no_command_can_erase_or_set_the_clock() -> None:
    assert set(Command) == {*range(0xA1, 0xA8), 0xAA, 0xAF}
    assert not FORBIDDEN & set(Command)
    for opcode in FORBIDDEN:
        with pytest.raises(ValueError, match="is not a valid Command"):
            command(Command(opcode))


def test_commands_are_not_taken_for_measurements() -> None:
    assert Decoder().feed(frames.CONTEC_START * 3) == []
    with pytest.raises(FrameError, match="not a control command"):
        describe_command(frames.contec_v7_frame())


@given(kind=st.sampled_from([1, 4, 5, 7, 8, 9, 15, 18]), data=st.binary(min_size=7, max_size=7))
def test_high_bits_survive_every_packet_type(kind: int, data: bytes) -> None:
    size = {9: 4, 7: 6, 8: 6, 15: 6, 18: 6}.get(kind, 7)
    decoded = describe_packet(frames.contec_v7_packet(kind, data[:size]))
    if kind == 8:
        assert decoded == {"type": 8, "bytes": int.from_bytes(data[2:6], "little")}
    elif kind in (4, 5):
        assert str(decoded["text"]).encode("latin-1") == data[kind - 4 :]
    elif kind == 1:
        assert decoded["pleth"] == data[1] & 0x7F and decoded["searching"] == (data[1] >= 0x80)
