"""What must hold for every decoder and every protocol, whatever comes. A breach is an AssertionError."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from devices.device import BleMatch, Decoder, Device, Leading, PortMatch, SerialMatch
from devices.event import (
    Battery,
    ClockShown,
    Done,
    Event,
    FrameError,
    Measured,
    Recalled,
    Rejected,
    Samples,
    Send,
    Signal,
)
from devices.pictures import Picture, Pressed
from devices.recording import Recalling
from tests.torture import inputs
from tests.torture.held import held_bytes
from tests.torture.inputs import Look, Piece
from tests.torture.steps import at_most

MOST_HELD_BYTES = 256 * 1024
ENDLESS_BYTES = 16 * 1024
LINES_AT_ONCE, LINES_A_BYTE = 2000, 600
_MOST_EVIDENCE_BYTES = 64
_MOST_PIXELS = 1280 * 960
_HELD_BYTES = 256  # of earlier pieces: a damaged frame is looked at again from its second byte on


def check_decoder(device: Device, data: bytes) -> None:
    """Feed a new decoder what the input says."""
    assert device.decoder is not None
    decoder, pieces, look = _begun(device.decoder()), inputs.read(device.key, data), inputs.look(data)
    if look is Look.ENDLESS:
        _feed_endlessly(device, _begun(device.decoder()), pieces)
    events = [event for piece in pieces for event in _feed(device, decoder, piece, look)]
    if isinstance(device.match, SerialMatch):
        _assert_cuts_do_not_matter(device.decoder(), pieces, events)


def check_recording(device: Device, data: bytes) -> None:
    """The same of a decoder that was asked for a recording, and is given up at the end."""
    pieces, look = inputs.read(device.key, data), inputs.look(data)
    if look is Look.ENDLESS:
        _feed_endlessly(device, _asked(device), pieces)
    decoder = _asked(device)
    for piece in pieces:
        _feed(device, decoder, piece, look)
    assert isinstance(decoder, Recalling)
    last = decoder.give_up()
    assert not last or isinstance(last[-1], Recalled), "it was given up, and is not over"
    assert decoder.give_up() == [], "it is over twice"
    for event in last:
        _assert_declared(device, event)


def _asked(device: Device) -> Decoder:
    decoder = device.decoder() if device.decoder else None
    assert isinstance(decoder, Recalling), f"{device.key} cannot be asked"
    for event in decoder.recall():
        _assert_declared(device, event)
    return decoder


def _begun(decoder: Decoder) -> Decoder:
    """One that leads hears answers only once it has asked."""
    if isinstance(decoder, Leading):
        decoder.begin(pairing=False)
    return decoder


def check_protocol(describe: Callable[[bytes], dict[str, object]], data: bytes) -> None:
    """An object fit for JSON, or FrameError with a reason."""
    try:
        with at_most(LINES_AT_ONCE + LINES_A_BYTE * len(data)):
            decoded = describe(data)
    except FrameError as error:
        assert str(error), "refused without a reason"
    else:
        json.dumps(decoded, allow_nan=False)


def _feed_endlessly(device: Device, decoder: Decoder, pieces: list[Piece]) -> None:
    size = sum(len(data) for _, data in pieces)
    for _ in range(ENDLESS_BYTES // max(size, 1) if size else 0):
        for piece in pieces:
            _feed(device, decoder, piece, Look.PLAIN)
    held = held_bytes(decoder)
    assert held <= MOST_HELD_BYTES, f"keeps {held} bytes"


def _feed(device: Device, decoder: Decoder, piece: Piece, look: Look) -> list[Event]:
    source, data = piece
    with _counting(look, len(data)):
        events = decoder.feed(data, source)
    assert len(events) <= 2 * (len(data) + _HELD_BYTES) + 2, f"{len(events)} events of {len(data)} bytes"
    for event in events:
        _assert_declared(device, event)
    return events


def _counting(look: Look, size: int) -> AbstractContextManager[None]:
    most = LINES_AT_ONCE + LINES_A_BYTE * (size + _HELD_BYTES)
    return at_most(most) if look is Look.COUNTED else nullcontext()


def _assert_declared(device: Device, event: Event) -> None:
    match event:
        case Measured():
            undeclared = {q.metric.key for q in event.quantities} - {metric.key for metric in device.metrics}
            assert not undeclared, f"measures {undeclared}, which it does not declare"
            assert event.raw, "a measurement without evidence"
            assert event.kind in (None, *device.also), f"the kind {event.kind} is not declared"
        case Samples():
            assert event.metric in device.metrics, f"samples of {event.metric.key} are not declared"
            assert event.samples and event.period_ms >= 0, "no samples, or backwards in time"
        case Rejected():
            assert event.reason, "rejected without a reason"
            assert len(event.raw) <= _MOST_EVIDENCE_BYTES, f"{len(event.raw)} bytes kept as evidence"
        case Send() if isinstance(device.match, BleMatch):
            assert device.match.may_send(event, False), f"{event.command.hex()} may not be sent"
        case Send():
            assert isinstance(device.match, PortMatch), "only the decoder of a port may answer"
            assert device.match.may_send(event.command), f"{event.command.hex()} may not be sent"
        case Battery():
            assert event.percent is None or event.percent <= 100, "more than full"
        case Picture():
            assert len(event.jpeg) <= MOST_HELD_BYTES, f"a picture of {len(event.jpeg)} bytes"
            assert 0 < event.width * event.height <= _MOST_PIXELS, f"{event.width} x {event.height}"
        case _:
            assert isinstance(event, Signal | ClockShown | Done | Recalled | Pressed), (
                f"{event!r} is no event"
            )


def _assert_cuts_do_not_matter(decoder: Decoder, pieces: list[Piece], events: list[Event]) -> None:
    whole = decoder.feed(b"".join(data for _, data in pieces))
    assert whole == events, "cut in other places it says something else"
