"""A kiosk and a physician through a true rendezvous: everything on real sockets."""

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.reading import Kind
from drivers.instrument import InstrumentState, InstrumentStatus
from kiosk.call.call import Call
from kiosk.events import CallPhase, LineQuality
from tests.fakes.call_bench import WORDS_FILE, Bench, Notes, bench, settings_for
from tests.fakes.call_content import oximetry, pleth
from tests.fakes.physician import Heard, Physician
from tests.fakes.polling import until


async def connected(kiosk: Bench, physician: Physician) -> None:
    await kiosk.until_phase(CallPhase.CONNECTED)
    await physician.until(lambda: physician.of_type("hello"))


async def quiet(heard: Heard, seconds: float = 1.0) -> bool:
    """Whether a track brings nothing; what is under way may still arrive first."""
    await asyncio.sleep(0.5)
    before = heard.frames
    await asyncio.sleep(seconds)
    return heard.frames == before


def loudness(sound: NDArray[np.int16]) -> float:
    return float(np.abs(sound[-4800:].astype(np.float64)).max()) if len(sound) else 0.0


async def test_media_flows_both_ways(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        voice, face, otoscope, stethoscope = physician.heard
        await physician.until(lambda: voice.frames > 25 and face.frames > 5)
        await kiosk.until(lambda: kiosk.media.remote_video.latest() is not None)
        await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > 25)
        assert loudness(voice.sound()) > 1000
        assert loudness(kiosk.loudspeaker.sound()) > 1000
        latest = kiosk.media.remote_video.latest()
        assert latest is not None
        assert latest.i420.shape == (latest.height * 3 // 2, latest.width)
        assert otoscope.frames == stethoscope.frames == 0


async def test_the_instruments_tracks_start_and_stop_on_the_same_connection(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        connection, (_, _, otoscope, stethoscope) = physician.connection, physician.heard
        for _ in range(2):
            before = otoscope.frames, stethoscope.frames
            kiosk.call.set_media(otoscope=True, stethoscope=True)
            await physician.until(
                lambda b=before: otoscope.frames > b[0] + 3 and stethoscope.frames > b[1] + 10
            )
            kiosk.call.set_media(otoscope=False, stethoscope=False)
            assert await quiet(otoscope)
            assert await quiet(stethoscope)
        assert physician.connection is connection
        media = [(m["otoscope"], m["stethoscope"]) for m in physician.of_type("media")]
        assert media == [(False, False), (True, True), (False, False), (True, True), (False, False)]
        assert otoscope.last is not None
        assert otoscope.last[: otoscope.last.shape[0] * 2 // 3].mean() > 150  # the bright one, not the face


def encoding_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("pictures")}


async def test_each_picture_is_encoded_in_a_thread_of_its_own_while_the_call_lasts(tmp_path: Path) -> None:
    before = encoding_threads()
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        kiosk.call.set_media(otoscope=True, stethoscope=False)
        _, face, otoscope, _ = physician.heard
        await physician.until(lambda: face.frames > 5 and otoscope.frames > 5)
        assert len(encoding_threads() - before) == 2
    await until(lambda: not encoding_threads() - before)


async def test_a_heartbeat_reaches_the_physician_as_loud_as_it_was(tmp_path: Path) -> None:
    """30 Hz through the whole call: encoder, SRTP, decoder. The library's own takes 12.5 dB from it."""
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        kiosk.call.set_media(otoscope=False, stethoscope=True)
        stethoscope = physician.heard[3]
        await physician.until(lambda: stethoscope.frames > 150)
        sound = stethoscope.sound()[48_000:144_000].astype(np.float64) / 32767
        level = np.sqrt(2 * np.mean(sound**2))
        assert abs(20 * np.log10(level / 0.3)) < 1


async def test_a_dead_line_is_noticed_and_the_next_offer_brings_everything_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        kiosk.call.set_media(otoscope=True, stethoscope=False)
        kiosk.call.send_reading(oximetry())
        physician.cut()
        await kiosk.until_phase(CallPhase.RECONNECTING)
        assert kiosk.notes.states[-1].link == kiosk.link
        await physician.offer()
        await kiosk.until_phase(CallPhase.CONNECTED)
        await physician.until(lambda: physician.heard[2].frames > 3)  # still switched on
        await physician.until(lambda: physician.of_type("reading")[-1:] and physician.of_type("media"))


async def test_muting_gives_silence_and_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        voice = physician.heard[0]
        await physician.until(lambda: loudness(voice.sound()) > 1000)
        kiosk.call.set_muted(True)
        await physician.until(lambda: loudness(voice.sound()) < 20)
        assert physician.of_type("media")[-1]["muted"] is True
        kiosk.call.set_muted(False)
        await physician.until(lambda: loudness(voice.sound()) > 1000)


def numbers(physician: Physician) -> list[object]:
    return [message["seq"] for message in physician.of_type("reading")]


async def test_new_readings_come_in_order_and_earlier_ones_newest_first(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        early = [oximetry(str(90 + n)) for n in range(3)]
        for reading in early:
            kiosk.call.send_reading(reading, history=True)
        async with Physician(kiosk.link, kiosk.context) as physician:
            await connected(kiosk, physician)
            await physician.until(lambda: len(numbers(physician)) == 3)
            late = [oximetry(str(93 + n)) for n in range(3)]
            for reading in [*late, late[0]]:
                kiosk.call.send_reading(reading)
            await physician.until(lambda: len(numbers(physician)) == 6)
            assert numbers(physician) == [3, 2, 1, 4, 5, 6]
            got = physician.of_type("reading")
            assert [m["history"] for m in got] == [True] * 3 + [False] * 3
            assert {m["id"] for m in got} == {str(reading.id) for reading in [*early, *late]}
            assert physician.of_type("hello")[0]["session"] == "2026-0001"


async def test_after_a_cut_only_what_was_not_shown_comes_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        physician.send("page", id="first")
        readings = [oximetry(str(90 + n)) for n in range(4)]
        for reading in readings:
            kiosk.call.send_reading(reading)
        await physician.until(lambda: len(numbers(physician)) == 4)
        physician.send("seen", ids=[str(reading.id) for reading in readings[:2]])
        await kiosk.until(lambda: len(kiosk.notes.seen_ids) == 2)
        physician.messages.clear()
        await physician.offer()
        await physician.until(lambda: len(numbers(physician)) == 2)
        assert numbers(physician) == [4, 3]
        physician.send("page", id="reloaded")
        await physician.until(lambda: len(numbers(physician)) == 4)
        assert numbers(physician) == [4, 3, 2, 1]


async def test_each_new_reading_also_comes_without_waiting_for_lost_ones(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        reading = oximetry("97")
        kiosk.call.send_reading(reading)
        await physician.until(lambda: any(m["type"] == "reading" for m in physician.waves))
        copy = next(m for m in physician.waves if m["type"] == "reading")
        await physician.until(lambda: physician.of_type("reading") == [copy])


async def test_a_reading_like_one_that_is_shown_names_only_what_differs(tmp_path: Path) -> None:
    """On a narrow line two oximeters must find room beside a voice."""
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        first, second, other = oximetry("97"), oximetry("96"), replace(oximetry("95"), kind=Kind.CUFF)
        kiosk.call.send_reading(first)
        await physician.until(lambda: numbers(physician) == [1])
        physician.send("seen", ids=[str(first.id)])
        await kiosk.until(lambda: kiosk.notes.seen_ids == [first.id])
        for reading in (second, other):
            kiosk.call.send_reading(reading)
        await physician.until(lambda: numbers(physician) == [1, 2, 3])
        short, whole = physician.of_type("reading")[1:]
        assert (short["like"], short["values"]) == (1, ["96", "72", {"absent": "not_applicable"}])
        assert "quantities" not in short
        assert "like" not in whole
        await physician.offer()  # whoever comes now may know nothing
        await physician.until(lambda: len(numbers(physician)) == 5)
        assert not any("like" in message for message in physician.of_type("reading")[3:])
        kiosk.call.send_reading(oximetry("94"))
        await physician.until(lambda: numbers(physician)[-1] == 4)
        assert "like" not in physician.of_type("reading")[-1]


async def test_waves_and_instruments_arrive(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        kiosk.call.send_waveform(pleth(0))  # nobody is there: not an error, and not kept
        status = InstrumentStatus("x1", Kind.OXIMETER, "Contec CMS50D+", InstrumentState.MEASURING)
        kiosk.call.send_instruments([status])
        async with Physician(kiosk.link, kiosk.context) as physician:
            await connected(kiosk, physician)
            await physician.until(lambda: physician.of_type("instruments"))
            assert physician.of_type("instruments")[0]["items"] == [
                {
                    "id": "x1",
                    "kind": "oximeter",
                    "name": "Contec CMS50D+",
                    "state": "measuring",
                    "reason": "none",
                }
            ]
            for sequence in (1, 2, 3):
                kiosk.call.send_waveform(pleth(sequence))
            await physician.until(lambda: len(physician.waves) == 3)
            wave = next(w for w in physician.waves if w["seq"] == 3)
            assert wave["gap"] is True
            assert (wave["metric"], wave["mdc"], wave["period_ms"]) == ("pleth", 150452, "16.667")
            assert wave["samples"] == list(range(10))


async def test_what_the_page_says_is_heard_and_nonsense_costs_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        reading = oximetry()
        kiosk.call.send_reading(reading)
        assert physician.live is not None
        for nonsense in (
            "",
            "{",
            "[]",
            '{"v":2,"type":"seen","ids":[]}',
            '{"v":1,"type":"keep","what":"x"}',
            "[" * 9000,
        ):
            physician.live.send(nonsense)
        physician.live.send(b"\x00\x01")
        physician.send("seen", ids=[str(reading.id)])
        physician.send("request", what="otoscope", on=True)
        physician.send("keep", what="stethoscope")
        physician.send("ping", id=17)
        physician.send("line", quality="poor", rtt_ms=610, loss=0.2)
        await physician.until(lambda: physician.of_type("pong"))
        assert physician.of_type("pong")[0]["id"] == 17
        assert kiosk.notes.seen_ids == [reading.id]
        assert kiosk.notes.asked == [("otoscope", True)]
        assert kiosk.notes.kept == ["stethoscope"]
        await kiosk.until(lambda: kiosk.notes.states[-1].line is LineQuality.POOR)
        assert (kiosk.notes.states[-1].rtt_ms or 0) >= 610
        assert kiosk.notes.phase is CallPhase.CONNECTED


async def test_a_listener_that_fails_does_not_end_the_call(tmp_path: Path, caplog: Any) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)

        def fails(what: str, site: str = "") -> None:
            raise RuntimeError("a fault of the kiosk")

        kiosk.notes.physician_keeps = fails  # type: ignore[method-assign]
        physician.send("keep", what="otoscope")
        physician.send("ping", id="after")
        await physician.until(lambda: physician.of_type("pong"))
        assert kiosk.notes.phase is CallPhase.CONNECTED
        assert "a fault of the kiosk" in caplog.text


async def test_both_ends_find_the_same_four_words(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        words = json.loads(WORDS_FILE.read_text())
        theirs = [words[int(index)] for index in physician.words]
        assert list(kiosk.notes.states[-1].words) == theirs
        assert physician.of_type("hello")[0]["words"] == theirs
        await physician.offer()
        await physician.until(lambda: len(physician.of_type("hello")) == 2)
        assert physician.of_type("hello")[1]["words"] != theirs  # other certificates, other words


async def test_a_closed_call_is_told_and_its_link_is_dead(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        async with Physician(kiosk.link, kiosk.context) as physician:
            await connected(kiosk, physician)
            await kiosk.call.close()
            await physician.until(lambda: physician.close_code is not None)
            assert physician.of_type("end")[-1]["reason"] == "closed"
            assert physician.rejected == "closed"
            assert physician.close_code == 4404
        assert kiosk.notes.phase is CallPhase.ENDED
        async with Physician(kiosk.link, kiosk.context) as late:
            await late.until(lambda: late.close_code is not None)
            assert late.close_code == 4404


async def test_a_second_person_is_refused_and_the_kiosk_hears_of_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        async with Physician(kiosk.link, kiosk.context) as second:
            await second.until(lambda: second.close_code is not None)
            assert second.close_code == 4409
        await kiosk.until(lambda: kiosk.notes.refused == 1)
        assert kiosk.notes.phase is CallPhase.CONNECTED


async def test_a_wrong_link_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        wrong = kiosk.link.replace(kiosk.link.partition("#")[2], "A" * 43)
        async with Physician(wrong, kiosk.context) as stranger:
            await stranger.until(lambda: stranger.close_code is not None)
            assert stranger.close_code == 4404
        assert kiosk.notes.phase is CallPhase.WAITING


async def test_the_same_tab_may_come_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        async with Physician(kiosk.link, kiosk.context) as physician:
            await connected(kiosk, physician)
        await kiosk.until_phase(CallPhase.RECONNECTING)
        assert kiosk.media.remote_video.latest() is None  # a frozen picture must not pass for a live one
        async with Physician(kiosk.link, kiosk.context, seat=physician.seat) as again:
            await connected(kiosk, again)
            await again.until(lambda: again.heard[1].frames > 3)


async def test_who_leaves_on_purpose_is_not_a_cut_and_may_come_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        async with Physician(kiosk.link, kiosk.context) as physician:
            await connected(kiosk, physician)
            physician.send("leave")
            await kiosk.until_phase(CallPhase.LEFT)
        async with Physician(kiosk.link, kiosk.context, seat=physician.seat) as again:
            await connected(kiosk, again)
        assert kiosk.notes.phases.count(CallPhase.CONNECTED) == 2
        left = kiosk.notes.phases.index(CallPhase.LEFT)
        assert CallPhase.RECONNECTING not in kiosk.notes.phases[: left + 3]


async def test_a_restarted_kiosk_takes_up_its_link(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        async with Physician(kiosk.link, kiosk.context) as physician:
            await connected(kiosk, physician)
            saved = kiosk.call.saved()
        # The process is gone without a goodbye: its relay connection is replaced by the new one.
        notes = Notes()
        restarted = Call(settings_for(kiosk.rendezvous), kiosk.media, notes)
        try:
            assert await restarted.open(saved) == kiosk.link
            async with Physician(kiosk.link, kiosk.context, seat=physician.seat) as again:
                await again.until(lambda: notes.phase is CallPhase.CONNECTED)
        finally:
            await restarted.close()


async def test_without_a_relay_the_state_says_so(tmp_path: Path) -> None:
    nowhere = "wss://localhost:9/signal"
    async with bench(tmp_path, kiosk_relay_url=nowhere) as kiosk:
        await kiosk.until_phase(CallPhase.SERVER_UNREACHABLE)
        await kiosk.call.close()
        assert kiosk.notes.phase is CallPhase.ENDED


async def test_both_pauses_of_a_picture_are_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, Physician(kiosk.link, kiosk.context) as physician:
        await connected(kiosk, physician)
        physician.send("line", quality="poor", rtt_ms=300, loss=0.0, picture=False)
        await kiosk.until(lambda: kiosk.notes.states[-1].physician_paused)
        physician.send("line", quality="good", rtt_ms=30, loss=0.0, picture=True)
        await kiosk.until(lambda: not kiosk.notes.states[-1].physician_paused)
