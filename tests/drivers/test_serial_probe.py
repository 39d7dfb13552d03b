"""Several devices share one kind of USB bridge: who is there is found out by listening."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from devices.catalog import by_key
from devices.device import Device, SerialMatch
from devices.event import Event, Rejected, Samples, Signal, SignalState
from devices.metrics import PLETH
from devices.reading import Kind
from drivers.instrument import DriverError, InstrumentState, Reason
from drivers.serial_link import SerialLinks
from drivers.serial_port import find_ports
from drivers.serial_probe import Found, probe
from drivers.serial_talk import Talk
from tests.drivers.listener import Listener, running
from tests.fakes import frames, usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import Streamer
from tests.fakes.usb_bus import UsbIds

OLD, BCI, V7 = by_key()["contec_cms50_old"], by_key()["berry_serial"], by_key()["contec_cms50_v7"]
SLOW = by_key()["nonin_xpod_8"]
OLD_LINE, BCI_LINE = Line(19200, odd=True), Line(4800)
STEADY = bytes.fromhex("84374c0a5f")
BOX, BOX_LINE = by_key()["creative_pc300"], Line(115200)
TEMPERATURE = bytes.fromhex("aa557205014002a61a")
ID = "usb:10c4:ea60:{}".format


def _ids(serial: str) -> UsbIds:
    return UsbIds(0x10C4, 0xEA60, serial)


def _names(listener: Listener, id_: str) -> list[str]:
    """The names under which it was shown, in order, each once."""
    return list(dict.fromkeys(status.name for status in listener.statuses if status.id == id_))


@pytest.fixture
def old() -> Iterator[Streamer]:
    usb_bus.require_private_namespace()
    unit = Streamer(STEADY, OLD_LINE)
    yield unit
    unit.close()


@pytest.fixture
def stranger() -> Iterator[Streamer]:
    unit = Streamer(b"$GPRMC,,V*67\r\n", BCI_LINE)
    yield unit
    unit.close()


@pytest.fixture
def box() -> Iterator[Streamer]:
    unit = Streamer(b"", BOX_LINE)
    yield unit
    unit.close()


async def test_three_at_the_same_kind_of_bridge_are_told_apart(old: Streamer) -> None:
    listener = Listener()
    bci, v7 = Streamer(STEADY, BCI_LINE, _ids("0002")), ContecSpeaker(_ids("0003"))
    for unit, node in ((old, "ttyUSB0"), (bci, "ttyUSB1"), (v7, "ttyUSB2")):
        unit.plug(node)
    try:
        async with running(SerialLinks((V7, OLD, BCI), listener).run(), old.run(), bci.run(), v7.run()):
            await listener.until(lambda: len({r.identity.device for r in listener.readings}) == 3)
    finally:
        bci.close()
        v7.close()
    found = {(r.identity.address, r.identity.device, str(r.quantities[0].value)) for r in listener.readings}
    assert found == {(ID("0001"), OLD.key, "95"), (ID("0002"), BCI.key, "95"), (ID("0003"), V7.key, "98")}
    first = next(status for status in listener.statuses if status.id == ID("0001"))
    assert (first.kind, first.state) == (Kind.UNKNOWN, InstrumentState.FOUND)
    assert first.may_be == (Kind.OXIMETER,)
    assert v7.commands[0] == frames.CONTEC_START
    assert bci.written == b""


async def test_who_was_there_is_tried_first_after_a_replug_under_another_name(old: Streamer) -> None:
    listener = Listener()
    old.plug("ttyUSB0")
    async with running(SerialLinks((BCI, V7, OLD), listener).run(), old.run()):
        await listener.until(lambda: len(listener.waveforms) >= 3)
        old.close()
        await listener.until_state(ID("0001"), InstrumentState.LOST, Reason.UNPLUGGED)
        before = len(listener.waveforms)
        old.plug("ttyUSB1")
        await listener.until(lambda: len(listener.waveforms) >= before + 3)
        assert old.heard_at == [OLD_LINE]
    assert listener.waveforms[before].gap
    assert {wave.identity.device for wave in listener.waveforms} == {OLD.key}


async def test_another_unit_at_the_same_cable_is_found_without_a_replug(old: Streamer) -> None:
    listener = Listener()
    old.plug("ttyUSB0")
    async with running(SerialLinks((OLD, BCI), listener).run(), old.run()):
        await listener.until_state(ID("0001"), InstrumentState.MEASURING)
        old.line = BCI_LINE  # the adapter stays, what hangs on it is changed
        await listener.until_state(ID("0001"), InstrumentState.FAULTY, Reason.GARBLED)
        await listener.until_state(ID("0001"), InstrumentState.MEASURING)
    assert _names(listener, ID("0001")) == ["USB", OLD.name, BCI.name]


async def test_what_nobody_understands_is_said_and_forgotten_when_it_is_pulled_out(
    stranger: Streamer,
) -> None:
    listener = Listener()
    stranger.plug("ttyUSB0")
    async with running(SerialLinks((OLD, BCI, V7), listener).run(), stranger.run()):
        await listener.until_state(ID("0001"), InstrumentState.FAULTY, Reason.NOT_UNDERSTOOD)
        stranger.close()
        await listener.until_state(ID("0001"), InstrumentState.ABSENT)
    assert listener.readings == []
    assert {status.kind for status in listener.statuses} == {Kind.UNKNOWN}


async def test_a_round_without_success_tells_noise_from_silence(stranger: Streamer) -> None:
    stranger.plug("ttyUSB0")
    (port,) = find_ports((OLD, BCI))
    async with running(stranger.run()):
        for reason in (Reason.GARBLED, Reason.NO_DATA):
            with pytest.raises(DriverError) as caught:
                await probe(port, OLD)
            assert caught.value.reason is reason
            stranger.frame = b""


async def test_pulled_out_while_it_is_being_listened_to(stranger: Streamer) -> None:
    listener = Listener()
    stranger.plug("ttyUSB0")
    async with running(SerialLinks((OLD, BCI, V7), listener).run(), stranger.run()):
        while not stranger.heard_at:  # noqa: ASYNC110  the test has a limit
            await asyncio.sleep(0.01)
        stranger.close()
        await listener.until_state(ID("0001"), InstrumentState.ABSENT)
    assert [status.state for status in listener.statuses] == [InstrumentState.FOUND, InstrumentState.ABSENT]


async def test_a_box_that_speaks_only_when_it_is_used_is_waited_for_and_its_silence_is_no_fault(
    box: Streamer,
) -> None:
    listener = Listener()
    box.plug("ttyUSB0")
    async with running(SerialLinks((OLD, BOX), listener).run(), box.run()):
        await _used(box)
        await listener.until_state(ID("0001"), InstrumentState.READY)
        box.close()
        await listener.until_state(ID("0001"), InstrumentState.LOST, Reason.UNPLUGGED)
        box.plug("ttyUSB1")
        await _used(box)
        await listener.until(lambda: len(listener.readings) == 2)
        assert box.heard_at == [BOX_LINE]
    assert {(r.kind, r.identity.device) for r in listener.readings} == {(Kind.THERMOMETER, BOX.key)}
    assert listener.statuses[-1].kinds == (Kind.OXIMETER, Kind.CUFF, Kind.THERMOMETER, Kind.GLUCOMETER)
    assert not [status for status in listener.statuses if status.state is InstrumentState.FAULTY]
    assert box.written == b""


async def test_silence_is_no_fault_where_somebody_may_be_who_is_not_in_use(box: Streamer) -> None:
    listener = Listener()
    box.plug("ttyUSB0")
    async with running(SerialLinks((OLD, BOX), listener).run(), box.run()):
        await _tried(box)
        assert {status.state for status in listener.statuses} == {InstrumentState.FOUND}
        box.frame = b"$GPRMC,,V*67\r\n"
        await listener.until_state(ID("0001"), InstrumentState.FAULTY, Reason.NOT_UNDERSTOOD)
        box.frame = b""
        await listener.until_state(ID("0001"), InstrumentState.FOUND)
        await _heard_at(box, OLD_LINE)
        await _used(box)
        await listener.until_state(ID("0001"), InstrumentState.READY)


async def _tried(box: Streamer) -> None:
    """As each, and again: a round is over."""
    while len(box.heard_at) < 3:  # noqa: ASYNC110  the test has a limit
        await asyncio.sleep(0.01)


async def _heard_at(box: Streamer, line: Line) -> None:
    while box.heard_at[-1:] != [line]:  # noqa: ASYNC110  the test has a limit
        await asyncio.sleep(0.01)


async def _used(box: Streamer) -> None:
    await _heard_at(box, BOX_LINE)
    box.once = TEMPERATURE


def _found(device: Device) -> Found:
    return Found(Talk("/dev/null", device))


def test_four_things_in_a_row_are_proof_and_one_where_there_is_a_checksum() -> None:
    good: list[Event] = [Signal(SignalState.MEASURING), Samples(PLETH, Decimal(16), (1, 2))]
    found = _found(OLD)
    found.take(b"", [*good, good[1], Rejected("noise", b"\x00")])
    found.take(b"", [*good, good[1]])
    assert not found.is_sure
    found.take(b"", [good[1]])
    assert found.is_sure
    assert found.events == [good[0]], "what is old is no wave, and what came before the noise is no evidence"
    assert isinstance(OLD.match, SerialMatch)
    checked = _found(replace(OLD, match=replace(OLD.match, checked=True)))
    checked.take(b"", good[:1])
    assert checked.is_sure


def test_one_slow_frame_is_proof_of_who_was_there_alone_and_with_silence_around_it() -> None:
    signal: list[Event] = [Signal(SignalState.MEASURING)]

    def is_sure(device: Device, was_here: bool, silence: bool, before: list[Event]) -> bool:
        found = Found(Talk("/dev/null", device), was_here)
        found.take(b"\x80", before)
        if silence:
            found.take(b"", [])
        found.take(b"\x80", signal)
        return found.is_sure

    assert is_sure(SLOW, was_here=True, silence=True, before=[])
    assert not is_sure(SLOW, was_here=True, silence=False, before=[])
    assert not is_sure(SLOW, was_here=False, silence=True, before=[])
    assert not is_sure(SLOW, was_here=True, silence=True, before=[Rejected("noise", b"\x00")])
    assert not is_sure(OLD, was_here=True, silence=True, before=[])
