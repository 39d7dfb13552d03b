import numpy as np
import pytest
from aiortc.codecs.opus import OpusEncoder

from kiosk.call.encoding.voice import VoiceEncoder
from kiosk.call.streams import VoiceMode
from tests.kiosk.call.encoding.tones import (
    CHUNK,
    LEVEL,
    RATE_HZ,
    Sound,
    change_db,
    chunk,
    decoded,
    encoded,
    tone,
)

TONE_HZ = 437.5  # not a whole number of periods in a packet
FULL, LEAN = VoiceMode.FULL, VoiceMode.LEAN


def toc_ms(payload: bytes) -> int:
    """RFC 6716 table 2: how long the one frame of a SILK or hybrid packet lasts."""
    config = payload[0] >> 3
    assert payload[0] & 3 == 0  # one frame
    assert config < 16
    return (10, 20, 40, 60)[config % 4] if config < 12 else (10, 20)[config % 2]


def swelling(seconds: int) -> Sound:
    """Louder and softer, with some breath."""
    breath = np.random.default_rng(3).normal(0, 0.02, seconds * RATE_HZ)
    loudness = 1 + np.sin(np.arange(seconds * RATE_HZ) / 9000)
    return np.asarray(np.clip(tone(180, seconds) * loudness + breath, -1, 1))


def switched(sound: Sound, modes: dict[int, VoiceMode]) -> list[tuple[int, bytes]]:
    """Encoded with another mode from each of these chunks on."""
    encoder, packets = VoiceEncoder(), []
    for number, start in enumerate(range(0, len(sound), CHUNK)):
        encoder.mode = modes.get(number, encoder.mode)
        payloads, timestamp = encoder.encode(chunk(sound[start : start + CHUNK], start))
        packets.extend([(timestamp, payload) for payload in payloads])
    return packets


def rough_parts(sound: Sound) -> list[int]:
    """The 10 ms steps at which little of 20 ms is the tone: a click or a hole stands out."""
    rough, size = [], RATE_HZ // 50
    for start in range(0, len(sound) - size, size // 2):
        at = np.arange(start, start + size) / RATE_HZ
        basis = np.stack([np.sin(2 * np.pi * TONE_HZ * at), np.cos(2 * np.pi * TONE_HZ * at)], axis=1)
        part = sound[start : start + size]
        rest = part - basis @ np.linalg.lstsq(basis, part, rcond=None)[0]
        if np.sqrt(np.mean(rest**2)) > 0.3 * LEVEL / np.sqrt(2):
            rough.append(start // (size // 2))
    return rough


def phase(sound: Sound, at_s: float) -> float:
    part = sound[round(at_s * RATE_HZ) : round((at_s + 0.4) * RATE_HZ)]
    at = np.arange(len(part)) / RATE_HZ + at_s
    return float(np.angle(np.sum(part * np.exp(-2j * np.pi * TONE_HZ * at))))


@pytest.mark.parametrize(("mode", "packet_ms", "rate_bps"), [(FULL, 20, 32_000), (LEAN, 60, 16_000)])
def test_each_mode_keeps_its_packets_and_its_rate(mode: VoiceMode, packet_ms: int, rate_bps: int) -> None:
    packets = encoded(VoiceEncoder(mode), swelling(4))
    assert [time for time, _ in packets] == [n * packet_ms * 48 for n in range(len(packets))]
    assert {toc_ms(payload) for _, payload in packets} == {packet_ms}
    assert sum(len(payload) for _, payload in packets) * 8 / 4 < 1.25 * rate_bps


@pytest.mark.parametrize("mode", list(VoiceMode))
def test_a_voice_passes(mode: VoiceMode) -> None:
    assert abs(change_db(decoded(encoded(VoiceEncoder(mode), tone(440, 4))), 440)) < 1.5


def test_a_new_mode_loses_and_repeats_nothing() -> None:
    """In time: each packet begins where the one before ends. In sound: the phase goes on.

    The decoder itself stumbles for some milliseconds when a voice gets another bandwidth; a hole is longer.
    """
    packets = switched(tone(TONE_HZ, 4), {50: LEAN, 101: FULL, 120: LEAN})
    lengths = [toc_ms(payload) * 48 for _, payload in packets]
    assert [time for time, _ in packets] == [sum(lengths[:n]) for n in range(len(lengths))]
    assert {2880, 960} == set(lengths)
    sound = decoded(packets)
    assert rough_parts(sound[RATE_HZ // 2 : RATE_HZ * 9 // 10]) == []
    assert len(rough_parts(sound[RATE_HZ // 2 :])) <= 4
    assert phase(sound, 3.5) == pytest.approx(phase(sound, 0.5), abs=0.2)


def test_the_short_packets_return_only_after_a_whole_long_one() -> None:
    packets = switched(tone(TONE_HZ, 1), {0: LEAN, 4: FULL})
    assert [time for time, _ in packets][:4] == [0, 2880, 5760, 6720]


def test_time_that_jumps_ends_a_packet() -> None:
    """What was collected leaves with its own time, and the new sound with its own."""
    encoder = VoiceEncoder(LEAN)
    sent = [
        (payloads != [], timestamp)
        for payloads, timestamp in (
            encoder.encode(chunk(np.zeros(CHUNK), pts)) for pts in (0, 960, 96_000, 96_960, 97_920, 98_880)
        )
    ]
    assert [timestamp for made, timestamp in sent if made] == [0, 96_000]


@pytest.mark.parametrize(("mode", "silk_frames"), [(FULL, 1), (LEAN, 3)])
def test_lost_packets_can_be_repaired_from_the_next(mode: VoiceMode, silk_frames: int) -> None:
    """The flag for repair data follows a flag for each frame (RFC 6716 section 4.2.3)."""
    packets = encoded(VoiceEncoder(mode), swelling(4))[10:]
    repeated = [payload[1] >> (7 - silk_frames) & 1 for _, payload in packets]
    assert sum(repeated) > 0.6 * len(packets)  # silence is not worth repeating


def test_the_library_still_sends_nothing_to_repair_a_voice_with() -> None:
    """When this fails, aiortc protects the voice: see whether our own encoder is still needed."""
    packets = encoded(OpusEncoder(), swelling(4))[10:]
    speech_only = [payload for _, payload in packets if payload[0] >> 3 < 16]
    assert sum(payload[1] >> 6 & 1 for payload in speech_only) == 0
    assert sum(len(payload) for _, payload in packets) * 8 / 4 > 60_000
