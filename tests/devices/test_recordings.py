"""How a recording is taken in, however it is cut: one result or none, and nothing of it is held."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import contec_old_recording, contec_v7_recording, viatom_recording
from devices.catalog import by_key, viatom_o2ring
from devices.event import Event, Measured, Recall, Recalled, Rejected, Send
from devices.recording import Download, Recalling, Statistics
from tests.fakes import frames
from tests.fakes.downloads import of_old, of_ring, of_v7

RECORDING = tuple(device for device in by_key().values() if device.recordings)


DOWNLOADS: dict[str, tuple[Callable[[], Download], bytes, str]] = {
    "old": (contec_old_recording.Download, of_old(81), ""),
    "v7": (contec_v7_recording.Download, of_v7(100), ""),
    "ring": (lambda: viatom_recording.Download(viatom_o2ring.NOTIFY), of_ring(), viatom_o2ring.NOTIFY),
}


def played(download: Download, pieces: list[bytes], source: str) -> list[Event]:
    """Until it is over, as nobody feeds it any more then."""
    events = download.begin()
    for piece in pieces:
        events += download.feed(piece, source)
        if any(isinstance(event, Recalled) for event in events):
            break
    return events


def told(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, Measured | Recalled | Send)]


@pytest.mark.parametrize("name", DOWNLOADS)
@settings(max_examples=60, deadline=None)
@given(draw=st.data())
def test_it_may_be_cut_anywhere(name: str, draw: st.DataObject) -> None:
    make, data, source = DOWNLOADS[name]
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=20)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    whole = told(played(make(), [data], source))
    assert told(played(make(), pieces, source)) == whole
    assert whole[-1] == Recalled(Recall.TAKEN)
    assert sum(isinstance(event, Measured) for event in whole) == 1


@pytest.mark.parametrize("name", DOWNLOADS)
@settings(max_examples=150, deadline=None)
@given(draw=st.data())
def test_of_damaged_bytes_at_most_one_result_comes_and_one_end(name: str, draw: st.DataObject) -> None:
    make, data, source = DOWNLOADS[name]
    at, byte = draw.draw(st.integers(0, len(data) - 1)), draw.draw(st.binary(max_size=3))
    events = played(make(), [data[:at] + byte + data[at + 1 :], draw.draw(st.binary(max_size=60))], source)
    assert sum(isinstance(event, Measured) for event in events) <= 1
    ends = [event for event in events if isinstance(event, Recalled)]
    assert len(ends) <= 1
    taken = ends == [Recalled(Recall.TAKEN)]
    assert any(isinstance(event, Measured) for event in events) is taken
    assert all(len(event.raw) <= 64 for event in events if isinstance(event, Measured | Rejected))


@pytest.mark.parametrize("name", DOWNLOADS)
def test_given_up_anywhere_it_ends_and_tells_what_is_whole(name: str) -> None:
    make, data, source = DOWNLOADS[name]
    for size in range(0, len(data), 7):
        download = make()
        events = played(download, [data[:size]], source)
        if not any(isinstance(event, Recalled) for event in events):
            last = download.give_up()
            assert sum(isinstance(event, Recalled) for event in last) == 1
            taken = Recalled(Recall.TAKEN) in last
            assert any(isinstance(event, Measured) for event in last) is taken


def test_whoever_is_said_to_record_can_be_asked() -> None:
    assert {device.key for device in RECORDING} == {"contec_cms50_old", "contec_cms50_v7", "viatom_o2ring"}
    for device in by_key().values():
        recalls = device.decoder is not None and isinstance(device.decoder(), Recalling)
        assert recalls is device.recordings, device.key


def test_of_a_whole_day_nothing_is_held() -> None:
    """What a decoder holds is as much after a second as after a day."""
    statistics = Statistics()
    statistics.add(97)
    size = sys.getsizeof(vars(statistics))
    for _ in range(24 * 3600):
        statistics.add(95)
    assert sys.getsizeof(vars(statistics)) == size
    assert all(not isinstance(value, list | dict | bytes) for value in vars(statistics).values())


def test_a_recording_without_any_value_says_so() -> None:
    statistics = Statistics()
    statistics.add(None)
    recorded, with_value, lowest, average = statistics.quantities()
    assert [recorded.value, with_value.value] == [1, 0]
    assert lowest.absent is not None and average.absent is not None


def test_the_last_packet_may_be_whole_though_none_follows() -> None:
    """After its answer a unit is silent until it is asked again."""
    download = contec_v7_recording.Download()
    download.begin()
    asked = [event for event in download.feed(frames.contec_v7_packet(0x0C, b"")) if isinstance(event, Send)]
    assert [event.command[2] for event in asked] == [0xA3]
