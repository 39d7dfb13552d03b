"""Who may ask for a recording, and what becomes of the one that runs."""

import asyncio

import pytest

from kiosk.sound_recorder import SoundRecorder


class Stethoscope:
    """Records for as long as `done` is not set."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.kept: list[str] = []
        self.told: list[bool] = []
        self.done = asyncio.Event()
        self.error: Exception | None = None
        self.recorder = SoundRecorder(self._record, self.told.append)

    async def _record(self, site: str) -> None:
        self.begun.append(site)
        await self.done.wait()
        if self.error is not None:
            raise self.error
        self.kept.append(site)


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_same_point_is_recorded_once() -> None:
    stethoscope = Stethoscope()
    first = asyncio.create_task(stethoscope.recorder.at("mitral"))
    await turns()
    await stethoscope.recorder.at("mitral")
    await stethoscope.recorder.at("")
    stethoscope.done.set()
    await first
    assert stethoscope.begun == stethoscope.kept == ["mitral"]
    assert stethoscope.told == [True, False]


async def test_another_point_begins_anew_and_nothing_is_kept_of_both() -> None:
    stethoscope = Stethoscope()
    tasks = [asyncio.create_task(stethoscope.recorder.at(site)) for site in ("mitral", "aortic")]
    await turns()
    stethoscope.done.set()
    await asyncio.gather(*tasks)
    assert stethoscope.begun[-1] == "aortic"
    assert stethoscope.kept == ["aortic"]
    assert stethoscope.told[-1] is False


async def test_after_one_comes_the_next() -> None:
    stethoscope = Stethoscope()
    stethoscope.done.set()
    await stethoscope.recorder.at("mitral")
    await stethoscope.recorder.at("mitral")
    assert stethoscope.kept == ["mitral", "mitral"]


async def test_a_failure_reaches_who_asked_and_the_next_one_works() -> None:
    stethoscope = Stethoscope()
    stethoscope.error = OSError("unplugged")
    stethoscope.done.set()
    with pytest.raises(OSError, match="unplugged"):
        await stethoscope.recorder.at("mitral")
    stethoscope.error = None
    await stethoscope.recorder.at("mitral")
    assert stethoscope.kept == ["mitral"]
    assert stethoscope.told == [True, False, True, False]


async def test_stopping_keeps_nothing() -> None:
    stethoscope = Stethoscope()
    asking = asyncio.create_task(stethoscope.recorder.at("mitral"))
    await turns()
    await stethoscope.recorder.stop()
    await asking
    assert stethoscope.kept == []
    assert stethoscope.told == [True, False]


async def test_who_gives_up_asking_ends_the_recording() -> None:
    stethoscope = Stethoscope()
    asking = asyncio.create_task(stethoscope.recorder.at("mitral"))
    await turns()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await turns()
    assert stethoscope.told == [True, False]
