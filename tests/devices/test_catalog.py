"""Every device of the catalogue, found by itself: a new one is its module and its vectors, nothing here."""

import json
from functools import cache
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import catalog
from devices.device import (
    AudioMatch,
    BleMatch,
    CameraMatch,
    Decoder,
    Device,
    HidMatch,
    Leading,
    PcmMatch,
    PortMatch,
    SerialMatch,
)
from devices.event import Event, FrameError, Measured, Rejected, Samples, Send
from devices.metrics import ALL_METRICS
from devices.pictures import BulkCameraMatch, Picture
from tests.devices import vectors

DECODING = [name for name in catalog.module_names() if catalog.by_key()[name].decoder is not None]
# What a make writes like everybody is decoded by the profile's own decoder, and tried there.
OWN = [name for name in DECODING if catalog.by_key()[name].protocols]
WITHOUT_DEVICE = ("ieee11073", "driverless")
FRAMES = [frame for name in [*DECODING, *WITHOUT_DEVICE] for frame in vectors.frames(name)]
STREAMS = [(name, stream) for name in DECODING for stream in vectors.streams(name)]
anything = st.binary(max_size=80)


def _decoder(name: str) -> Decoder:
    factory = catalog.by_key()[name].decoder
    assert factory is not None
    return factory()


def _sources(device: Device) -> tuple[str, ...]:
    if not isinstance(device.match, BleMatch):
        return ("",)
    return (*device.match.subscribe, device.match.service)


def test_the_catalogue_is_not_empty_and_modules_are_named_after_their_key() -> None:
    assert len(catalog.devices()) >= 4
    for name in catalog.module_names():
        assert import_module(f"devices.catalog.{name}").DEVICE.key == name


@pytest.mark.parametrize("name", catalog.module_names())
def test_declaration_is_complete(name: str) -> None:
    device = catalog.by_key()[name]
    assert device.name and device.reference and device.metrics is not None
    matches = SerialMatch | HidMatch | BleMatch | CameraMatch | BulkCameraMatch | AudioMatch | PcmMatch
    assert isinstance(device.match, matches)
    assert all(ALL_METRICS[metric.key] is metric for metric in device.metrics)
    if isinstance(device.match, BleMatch):
        assert device.match.announced or device.match.names
        assert all(len(uuid) == 36 and uuid == uuid.lower() for uuid in _sources(device))


@pytest.mark.parametrize("name", DECODING)
def test_every_decoder_has_frames_and_streams_as_evidence(name: str) -> None:
    spoken = {protocol for protocol, _ in catalog.by_key()[name].protocols}
    shown = {frame.protocol for frame in vectors.frames(name)}
    assert shown == spoken
    assert vectors.streams(name)
    assert all(frame.source for frame in vectors.frames(name))


def test_no_vector_file_without_its_module() -> None:
    files = {path.stem for path in vectors.FOLDER.glob("*.toml")}
    assert files <= {*catalog.module_names(), *WITHOUT_DEVICE}


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: f"{frame.protocol}-{frame.data.hex()}")
def test_frame_vector(frame: vectors.Frame) -> None:
    decoded = catalog.decode(frame.protocol, frame.data)
    # Through JSON and back: what a technician sees, without float noise, booleans as booleans.
    assert json.dumps(decoded, sort_keys=True) == json.dumps(frame.expected, sort_keys=True)


@pytest.mark.parametrize(("name", "stream"), STREAMS, ids=lambda value: getattr(value, "name", value))
def test_stream_vector(name: str, stream: vectors.Stream) -> None:
    assert vectors.lines(vectors.play(_decoder(name), stream)) == stream.events


def test_unknown_protocol_is_said() -> None:
    with pytest.raises(catalog.UnknownProtocol, match="no catalogued device speaks 'nonsense'"):
        catalog.decode("nonsense", b"")
    with pytest.raises(KeyError):
        catalog.decode("", b"")


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: f"{frame.protocol}-{frame.data.hex()}")
def test_every_truncated_frame_is_refused(frame: vectors.Frame) -> None:
    for size in range(len(frame.data)):
        if size not in frame.whole_at and not _is_shorter_whole_frame(frame, size):
            with pytest.raises(FrameError):
                catalog.decode(frame.protocol, frame.data[:size])


def _is_shorter_whole_frame(frame: vectors.Frame, size: int) -> bool:
    """The texts of a Contec (types 02, 03, 06) have no fixed length."""
    return frame.protocol == "contec_v7_packet" and size >= 2 and frame.data[0] in (2, 3, 6)


@pytest.mark.parametrize("protocol", catalog.protocols())
@settings(max_examples=150, deadline=None)
@given(data=anything)
def test_any_bytes_decode_to_json_or_frame_error(protocol: str, data: bytes) -> None:
    try:
        decoded = catalog.decode(protocol, data)
    except FrameError as error:
        assert str(error)
    else:
        json.dumps(decoded, allow_nan=False)


@cache
def _pieces(name: str) -> st.SearchStrategy[list[tuple[str, bytes]]]:
    known = [frame.data for frame in vectors.frames(name)]
    streamed = [piece for stream in vectors.streams(name) for _, piece in stream.pieces]
    mutated = st.builds(_mutated, st.sampled_from(known + streamed), st.integers(0, 255), st.integers(0, 255))
    return st.lists(
        st.tuples(st.sampled_from((*_sources(catalog.by_key()[name]), "", "2a35")), anything | mutated),
        max_size=12,
    )


def _mutated(data: bytes, at: int, byte: int) -> bytes:
    """The frame with one byte changed: close enough to the truth to reach every branch."""
    at %= max(len(data), 1)
    return data[:at] + bytes((byte,)) + data[at + 1 :]


@pytest.mark.parametrize("name", OWN)
@settings(max_examples=150, deadline=None)
@given(draw=st.data())
def test_any_bytes_give_declared_metrics_or_rejections_and_bounded_output(
    name: str, draw: st.DataObject
) -> None:
    device, decoder = catalog.by_key()[name], _decoder(name)
    if isinstance(decoder, Leading):
        decoder.begin(pairing=True)
    for source, data in draw.draw(_pieces(name)):
        events = decoder.feed(data, source)
        assert len(events) <= 2 * len(data) + 2
        for event in events:
            _assert_declared(device, event)


def _assert_declared(device: Device, event: Event) -> None:
    if isinstance(event, Measured):
        assert {quantity.metric for quantity in event.quantities} <= set(device.metrics)
        assert event.kind in (None, *device.also)
        assert event.raw
    elif isinstance(event, Samples):
        assert event.metric in device.metrics
        assert event.samples and event.period_ms >= 0
    elif isinstance(event, Send) and isinstance(device.match, BleMatch):
        assert device.match.may_send(event, True)
    elif isinstance(event, Send):
        assert isinstance(device.match, PortMatch) and device.match.may_send(event.command)
    elif isinstance(event, Rejected):
        assert event.reason and len(event.raw) <= 64
    elif isinstance(event, Picture):
        assert event.jpeg.startswith(b"\xff\xd8") and event.jpeg.endswith(b"\xff\xd9")
        assert 0 < event.width * event.height <= 1280 * 960


@pytest.mark.parametrize("name", [n for n in DECODING if isinstance(catalog.by_key()[n].match, PortMatch)])
@settings(max_examples=150, deadline=None)
@given(draw=st.data())
def test_a_serial_stream_may_be_cut_anywhere(name: str, draw: st.DataObject) -> None:
    data = b"".join(piece for _, piece in draw.draw(_pieces(name)))
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=20)))
    whole, cut = _decoder(name), _decoder(name)
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert [event for piece in pieces for event in cut.feed(piece)] == whole.feed(data)
