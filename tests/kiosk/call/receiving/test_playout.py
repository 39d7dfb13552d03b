"""Voice through bad lines, decoded by the real libopus."""

import gc
import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.call.receiving.opus import Libopus, opus_decoder
from kiosk.call.receiving.playout import Playout
from tests.kiosk.call.receiving.lossy_line import RATE_HZ, Line, encode, level_of, through, tone, voice

# A tone of 8000 at 440 Hz bends by at most 8000 * (2 pi 440 / 48000)^2 = 27 between three samples.
SMOOTH = 150


def bends(sound: np.ndarray[tuple[int], np.dtype[np.int16]]) -> int:
    return int(np.abs(np.diff(sound.astype(int), 2)).max())


@pytest.fixture(scope="module")
def speech() -> list[bytes]:
    return encode(voice(15))


@pytest.fixture(scope="module")
def hum() -> list[bytes]:
    return encode(tone(12))


def test_a_good_line_gives_the_tone_soon_and_whole(hum: list[bytes]) -> None:
    heard = through(hum, Line())
    steady = heard.sound[RATE_HZ:-RATE_HZ]
    assert len(heard.sound) == len(hum) * 960
    assert level_of(steady, 440) > 0.999
    assert bends(steady) < SMOOTH
    assert heard.playout.played.plc <= 960  # the line of 30 ms outlasts the last packet
    assert max(heard.depths_ms[50:]) < 40
    assert np.abs(heard.sound[: RATE_HZ // 10]).max() > 5000  # the line takes 30 ms


@pytest.mark.parametrize("packet_ms", [10, 40, 60])
def test_packets_of_other_lengths(packet_ms: int) -> None:
    heard = through(encode(tone(6), packet_ms), Line(loss=0.05), packet_ms)
    assert level_of(heard.sound[RATE_HZ:-RATE_HZ], 440) > 0.95
    assert heard.playout.buffer.counts.bad == 0


def test_at_ten_per_cent_loss_the_copies_save_the_voice(speech: list[bytes]) -> None:
    heard = through(speech, Line(loss=0.1))
    played, lost = heard.playout.played, heard.playout.buffer.counts.lost / len(speech)
    assert 0.07 < lost < 0.14
    assert heard.guessed < lost / 2
    assert played.fec > played.plc
    assert abs(played.sound + played.fec + played.plc - len(heard.sound)) < 0.1 * RATE_HZ
    assert max(heard.depths_ms[100:]) < 90


@pytest.mark.parametrize("jitter_s", [0.04, 0.1])
@pytest.mark.parametrize("reorder", [False, True])
def test_jitter_costs_delay_and_not_sound(speech: list[bytes], jitter_s: float, reorder: bool) -> None:
    heard = through(speech, Line(jitter_s=jitter_s, reorder=reorder))
    assert heard.guessed < 0.04
    assert np.median(heard.depths_ms[100:]) < jitter_s * 1000 + 50
    assert heard.playout.buffer.counts.late < 20


def test_repeated_packets_change_nothing(hum: list[bytes]) -> None:
    once, twice = through(hum, Line()), through(hum, Line(repeat=0.5))
    assert twice.playout.buffer.counts.repeated + twice.playout.buffer.counts.late > 200
    assert np.array_equal(once.sound, twice.sound)


def test_a_cut_is_silence_not_a_robot_and_ends_at_once(hum: list[bytes]) -> None:
    heard = through(hum, Line(cut=(3.0, 8.0)))
    assert np.abs(heard.sound[int(3.4 * RATE_HZ) : 8 * RATE_HZ]).max() == 0
    back = heard.sound[int(8.15 * RATE_HZ) : 11 * RATE_HZ]
    assert level_of(back, 440) > 0.999
    assert heard.playout.played.plc < 0.3 * RATE_HZ
    assert heard.playout.buffer.counts.lost == 0
    assert heard.depths_ms[-1] < 60


def test_a_sender_that_pauses_has_lost_nothing(hum: list[bytes]) -> None:
    playout, timestamp = Playout(opus_decoder()), 0
    for tick in range(400):
        if tick < 100 or tick % 20 == 0:  # then DTX: one packet each 400 ms
            playout.buffer.put(1, tick if tick < 100 else 100 + (tick - 100) // 20, timestamp, hum[tick])
        timestamp += 960
        playout.tick()
    assert playout.buffer.counts.lost == 0
    assert playout.buffer.counts.received == 115
    assert playout.played.plc < 0.05 * RATE_HZ


@pytest.mark.parametrize("drift_ppm", [300, -300])
def test_ten_minutes_of_drifting_clocks(hum: list[bytes], drift_ppm: float) -> None:
    """The sound of 12 s, over and over: without correction 180 ms would be too many or too few."""
    heard = through(hum, Line(drift_ppm=drift_ppm), seconds=600)
    settled = heard.depths_ms[500:]
    assert max(settled) < 45
    # A packet is found wanting at most while the first seconds teach how much must wait.
    # The line takes 30 ms longer than the last packet; with +300 ppm the last 180 ms come too late for us.
    assert heard.playout.played.plc <= 0.25 * RATE_HZ
    assert heard.playout.buffer.counts.lost == 0


def test_the_drift_is_not_heard(hum: list[bytes]) -> None:
    heard = through(hum, Line(drift_ppm=300, jitter_s=0.005))
    assert bends(heard.sound[2 * RATE_HZ : -RATE_HZ]) < SMOOTH


def test_a_burst_after_a_stall_is_not_kept_as_delay(hum: list[bytes]) -> None:
    playout = Playout(opus_decoder())
    for number in range(500):
        stalled = 200 <= number < 250
        arriving = [] if stalled else [number]
        if number == 250:
            arriving = list(range(200, 251))
        for one in arriving:
            playout.buffer.put(1, one, one * 960, hum[one])
        playout.tick()
    assert playout.depth_ms < 260


PACKETS = st.tuples(
    st.integers(0, 2),
    st.integers(0, 65_535),
    st.integers(0, (1 << 32) - 1),
    st.one_of(st.binary(max_size=60), st.just(bytes(1500)), st.binary(min_size=1, max_size=4)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(PACKETS, st.none()), max_size=120))
def test_anything_may_come(arriving: list[tuple[int, int, int, bytes] | None]) -> None:
    playout = Playout(opus_decoder())
    for packet in arriving:
        if packet is None:
            assert len(playout.tick()) == 960
        else:
            playout.buffer.put(*packet)
    for _ in range(20):
        assert len(playout.tick()) == 960
    assert playout.depth_ms < 2200


def test_a_hostile_line_does_not_deafen_for_long(hum: list[bytes]) -> None:
    """Jumps in number and time, other sources and nonsense between good packets."""
    playout, chance, sound = Playout(opus_decoder()), random.Random(3), []
    for number in range(500):
        if number < 200:
            nonsense = chance.randbytes(chance.randrange(0, 80))
            playout.buffer.put(1, chance.randrange(65_536), chance.randrange(1 << 32), nonsense)
        playout.buffer.put(1, number, number * 960, hum[number])
        sound.append(playout.tick())
    assert level_of(np.concatenate(sound[-200:]), 440) > 0.99


def test_libopus_is_what_decodes_here() -> None:
    assert isinstance(opus_decoder(), Libopus)
    assert Libopus().decode(b"") is None
    assert Libopus().decode(bytes(1500)) is None  # a frame has at most 1275 bytes (RFC 6716 section 3.4)
    assert Libopus().decode(b"\xff\xff\xff") is None
    assert len(Libopus().conceal(2880)) == 2880


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_decoding_leaves_nothing_for_the_garbage_collector(hum: list[bytes], no_collection: None) -> None:
    """It looks at what is old only when there is much more of it: until then, memory grows."""
    decoder = Libopus()
    for packet in hum[:100]:
        assert decoder.decode(packet) is not None
        assert len(decoder.conceal(960)) == 960
    assert gc.collect() < 10
