"""The stethoscope, the microphone and the loudspeaker on a real PulseAudio server."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import numpy as np
import pytest
from numpy.typing import NDArray

from devices.catalog.usb_stethoscope import DEVICE
from drivers.audio import AudioSource, SourceRole, stethoscope_role, voice_role
from drivers.audio_player import AudioPlayer
from drivers.chunks import QUEUED_CHUNKS, AudioChunk, ChunkQueue
from drivers.instrument import InstrumentState, Reason
from drivers.sound_server import SoundServer
from tests.drivers.status_log import StatusLog, until
from tests.fakes import heart, sound_server

Samples = NDArray[np.int16]


@pytest.fixture
def fake() -> Iterator[sound_server.SoundServer]:
    with sound_server.SoundServer() as server:
        yield server


@asynccontextmanager
async def background(*coroutines: Coroutine[None, None, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def first(queue: ChunkQueue, count: int) -> AsyncIterator[AudioChunk]:
    async with asyncio.timeout(20):
        for _ in range(count):
            chunk = await queue.get()
            assert chunk is not None
            yield chunk


class Bench:
    """One source with a listener."""

    def __init__(self, source: AudioSource, log: StatusLog, queue: ChunkQueue) -> None:
        self.source, self.log, self.queue = source, log, queue

    async def chunks(self, count: int) -> list[AudioChunk]:
        async def take() -> list[AudioChunk]:
            return [chunk for _ in range(count) if (chunk := await self.queue.get())]

        return await asyncio.wait_for(take(), 20)

    async def sound(self, seconds: float) -> Samples:
        return np.concatenate([chunk.samples for chunk in await self.chunks(int(seconds * 50))])

    async def leftovers(self) -> list[AudioChunk]:
        """Everything delivered up to now, after giving late sound a moment to betray itself."""
        await asyncio.sleep(0.5)
        found: list[AudioChunk] = []
        with suppress(TimeoutError):
            while len(found) < QUEUED_CHUNKS and (chunk := await asyncio.wait_for(self.queue.get(), 0.05)):
                found.append(chunk)
        return found


@asynccontextmanager
async def bench(address: str, role: SourceRole) -> AsyncIterator[Bench]:
    log, server = StatusLog(), SoundServer(address)
    source = AudioSource(role, log, server)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(background(server.run(), source.run()))
        queue = stack.enter_context(source.listen())
        yield Bench(source, log, queue)


async def test_stethoscope_is_identified_and_the_heart_is_heard(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        found = await b.log.until(InstrumentState.READY)
        assert found.identity is not None
        assert found.identity.address == "usb:0d8c:0014:STETH-0001"
        b.source.start()
        await b.log.until(InstrumentState.MEASURING)
        await b.chunks(10)
        heard = await b.sound(2.5)
    beat = np.tile(heart.heart_beat(), 3)
    assert heart.share_of_band(heard, 20, 200) > 0.98
    for tone_hz in (48.0, 84.0):
        assert heart.level_at(heard, tone_hz) == pytest.approx(heart.level_at(beat, tone_hz), rel=0.25)
    assert heart.level_at(heard, heart.ROOM_TONE_HZ) < 5
    assert np.abs(heard).max() == pytest.approx(int(np.abs(beat).max()), rel=0.05)


async def test_chunks_are_whole_and_in_order(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        chunks = await b.chunks(30)
    assert {chunk.samples.shape for chunk in chunks} == {(960,)}
    assert [chunk.sequence for chunk in chunks] == list(range(chunks[0].sequence, chunks[0].sequence + 30))


@pytest.mark.parametrize("rate_hz", [4_000, 16_000, 44_100])
async def test_a_card_is_heard_at_its_own_rate_sample_by_sample(
    fake: sound_server.SoundServer, rate_hz: int
) -> None:
    beat = np.random.default_rng(rate_hz).integers(-9000, 9000, rate_hz).astype(np.int16)
    fake.add_chest("own", rate_hz, beat)
    fake.plug_card("card", "usb-1-2", sink="own")
    async with bench(fake.address, stethoscope_role(DEVICE, "usb:0d8c:0012")) as b:
        with b.source.listen_raw() as raw:
            b.source.start()
            pieces = [chunk async for chunk in first(raw, 100)]
        live = await b.chunks(20)
    assert {(piece.rate_hz, len(piece.samples)) for piece in pieces} == {(rate_hz, rate_hz // 50)}
    heard = np.concatenate([piece.samples for piece in pieces[-40:]])
    assert heard.tobytes() in np.tile(beat, 3).tobytes(), "what was played, and nothing made of it"
    assert {(chunk.rate_hz, len(chunk.samples)) for chunk in live} == {(48_000, 960)}


async def test_the_voice_is_always_at_48_khz(fake: sound_server.SoundServer) -> None:
    fake.add_chest("own", 16_000, heart.room_sound())
    fake.plug_card("card", "usb-1-2", sink="own")
    async with bench(fake.address, voice_role(DEVICE, "usb:0d8c:0012")) as b:
        with b.source.listen_raw() as raw:
            b.source.start()
            pieces = [chunk async for chunk in first(raw, 5)]
    assert {(piece.rate_hz, len(piece.samples)) for piece in pieces} == {(48_000, 960)}


async def test_removed_stethoscope_never_lets_the_room_be_heard(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        await b.chunks(25)
        fake.remove_stethoscope()
        await b.log.until(InstrumentState.LOST, Reason.UNPLUGGED)
        late = await b.leftovers()
        assert all(heart.level_at(chunk.samples, heart.ROOM_TONE_HZ) < 20 for chunk in late)
        assert await b.leftovers() == []
        fake.restore_stethoscope()
        await b.log.until(InstrumentState.MEASURING)
        again = await b.chunks(60)
    assert again[0].gap > 0
    heard = np.concatenate([chunk.samples for chunk in again[10:]])
    assert heart.share_of_band(heard, 20, 200) > 0.98


async def test_stream_moved_elsewhere_is_noticed(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        await b.chunks(25)
        fake.move_recordings_to_room()
        await until(lambda: any(status.reason is Reason.SOURCE_MOVED for status in b.log.statuses))
        await b.log.until(InstrumentState.MEASURING)
        late = await b.chunks(50)
    assert all(heart.level_at(chunk.samples, heart.ROOM_TONE_HZ) < 20 for chunk in late)


async def test_another_unit_is_not_taken_for_the_one_that_left(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        await b.chunks(5)
        fake.remove_stethoscope()
        await b.log.until(InstrumentState.LOST, Reason.UNPLUGGED)
        await b.leftovers()
        fake.restore_stethoscope(serial="STETH-0002")
        assert await b.leftovers() == []
        b.source.stop()
        b.source.start()
        await b.log.until(InstrumentState.MEASURING)
        last = b.log.statuses[-1].identity
        assert last is not None and last.serial == "STETH-0002"


async def test_silent_hardware_is_noticed(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        await b.chunks(5)
        fake.suspend_stethoscope(True)
        await b.log.until(InstrumentState.FAULTY, Reason.NO_DATA)
        fake.suspend_stethoscope(False)
        await b.log.until(InstrumentState.MEASURING)


async def test_nothing_is_delivered_after_stop(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        await b.chunks(5)
        b.source.stop()
        await b.leftovers()
        await b.log.until(InstrumentState.READY)
        assert await b.leftovers() == []


async def test_voice_microphone_is_neither_stethoscope_nor_monitor(fake: sound_server.SoundServer) -> None:
    async with bench(fake.address, voice_role(DEVICE)) as b:
        b.source.start()
        await b.chunks(10)
        heard = await b.sound(1)
        status = await b.log.until(InstrumentState.MEASURING)
    assert status.identity is not None and status.identity.model == "Room Microphone"
    assert heart.level_at(heard, heart.ROOM_TONE_HZ) > 100


@pytest.mark.parametrize("chosen", ["chest.monitor", "usb_stethoscope", "no such microphone"])
async def test_a_wrong_choice_gives_no_microphone(fake: sound_server.SoundServer, chosen: str) -> None:
    async with bench(fake.address, voice_role(DEVICE, chosen)) as b:
        await b.log.until(InstrumentState.ABSENT)


def _address(log: StatusLog) -> str:
    identity = log.statuses[-1].identity
    return identity.address if identity else ""


async def test_a_nameless_sound_card_is_the_stethoscope_that_was_chosen(
    fake: sound_server.SoundServer,
) -> None:
    fake.remove_stethoscope()
    fake.plug_card("card", "usb-1-2")
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        await b.log.until(InstrumentState.ABSENT)
    async with bench(fake.address, stethoscope_role(DEVICE, "usb:0d8c:0012")) as b:
        b.source.start()
        await b.log.until(InstrumentState.MEASURING)
        fake.unplug_card("card")
        await b.log.until(InstrumentState.LOST, Reason.UNPLUGGED)
        fake.plug_card("card.2", "usb-1-4")  # another name, another socket
        await b.log.until(InstrumentState.MEASURING)
        await b.chunks(10)
        heard = await b.sound(1)
    assert heart.share_of_band(heard, 20, 200) > 0.98


async def test_the_chosen_stethoscope_is_never_the_voice(fake: sound_server.SoundServer) -> None:
    fake.plug_card("card", "usb-1-2", sink=sound_server.ROOM)
    fake._pactl("set-default-source", "card")
    async with bench(fake.address, voice_role(DEVICE, heart="usb:0d8c:0012")) as b:
        found = await b.log.until(InstrumentState.READY)
        assert found.identity is not None and found.identity.model == "Room Microphone"
        b.source.take(voice_role(DEVICE))
        await until(lambda: _address(b.log) == "usb:0d8c:0012:")


async def test_another_choice_is_heard_at_once(fake: sound_server.SoundServer) -> None:
    fake.plug_card("card", "usb-1-2", sink=sound_server.ROOM)
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        await b.chunks(5)
        b.source.take(stethoscope_role(DEVICE, "path:usb-1-2"))
        await until(lambda: _address(b.log) == "usb:0d8c:0012:")
        await b.log.until(InstrumentState.MEASURING)
        await b.leftovers()
        heard = await b.sound(1)
    assert heart.level_at(heard, heart.ROOM_TONE_HZ) > 40  # the heart has less than 5


async def test_missing_server_is_reported_and_found_when_it_starts(fake: sound_server.SoundServer) -> None:
    fake.stop()
    async with bench(fake.address, stethoscope_role(DEVICE)) as b:
        b.source.start()
        await b.log.until(InstrumentState.FAULTY, Reason.SOUND_SERVER_MISSING)
        fake.start()
        await b.log.until(InstrumentState.MEASURING)
        fake.stop()
        await b.log.until(InstrumentState.FAULTY, Reason.SOUND_SERVER_MISSING)


async def test_player_is_heard_at_the_loudspeaker(fake: sound_server.SoundServer) -> None:
    player = AudioPlayer(fake.address)
    tone = (8000 * np.sin(2 * np.pi * 600 * np.arange(heart.RATE_HZ) / heart.RATE_HZ)).astype(np.int16)

    async def talk() -> None:
        for index in range(150):
            player.play(tone[index % 50 * 960 : (index % 50 + 1) * 960])
            await asyncio.sleep(0.02)

    async with background(player.run(), talk()):
        await asyncio.sleep(0.5)
        heard = np.frombuffer(await asyncio.to_thread(fake.record_speaker, 1.0), dtype="<i2")
    assert heart.level_at(heard, 600) > 4000
    assert heart.level_at(heard, heart.ROOM_TONE_HZ) < 50
    assert player.reason is Reason.NONE


async def test_player_drops_the_oldest_and_survives_a_missing_server(fake: sound_server.SoundServer) -> None:
    fake.stop()
    player = AudioPlayer(fake.address)
    async with background(player.run()):
        for _ in range(40):
            player.play(np.zeros(960, dtype=np.int16))
        assert player.dropped == 30

        def keep_talking() -> bool:
            player.play(np.zeros(960, dtype=np.int16))
            return player.reason is Reason.SOUND_SERVER_MISSING

        await until(keep_talking)
        fake.start()
        await until(lambda: not keep_talking())
