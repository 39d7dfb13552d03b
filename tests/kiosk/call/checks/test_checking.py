"""Real drivers on a real sound server and cameras on the bus: one fault, one red line, the right sentence."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.reading import Reading, Waveform
from drivers.instrument import InstrumentStatus
from kiosk.call.checks.checking import CallChecks, Tried
from kiosk.call.checks.line import LineAddress
from kiosk.call.checks.output import try_output
from kiosk.call.checks.report import CallCheck, CheckPart, CheckReason, Light
from kiosk.devices_config import DevicesConfig
from kiosk.instruments import Instruments
from kiosk.rendezvous.server import Rendezvous
from tests.fakes import usb_bus
from tests.fakes.call_bench import TOKEN, rendezvous
from tests.fakes.media import Media
from tests.fakes.polling import until
from ui.text import texts
from ui.text.call_check import sentence

ROOM = "a-room-of-22-characters"


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Media]:
    """Cameras, microphone and loudspeaker, all of them well."""
    usb_bus.require_private_namespace()
    with Media(tmp_path_factory.mktemp("v4l2")) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment().items():
            if name != "LD_PRELOAD":  # that of this process was set when it began
                patch.setenv(name, value)
        yield running


class Statuses:
    """A sink that remembers the newest state of each."""

    def __init__(self) -> None:
        self.known: dict[str, InstrumentStatus] = {}

    def status(self, status: InstrumentStatus) -> None:
        self.known[status.id] = status

    async def reading(self, reading: Reading) -> None:
        """Nobody is measured."""

    def waveform(self, waveform: Waveform) -> None:
        """Nobody is measured."""


@dataclass(slots=True)
class Desk:
    """Checks over the kiosk's own drivers; `told` is what the screen was told."""

    checks: CallChecks
    told: list[CallCheck]
    server: Rendezvous

    async def run(self) -> CallCheck:
        """Until everything was tried once."""
        self.told.clear()
        url = f"wss://localhost:{self.server.port}/signal"
        self.checks.start(LineAddress(url, TOKEN, ROOM, self.server.cert_file))
        await until(lambda: self.told and not self.told[-1].running, 30)
        return self.told[-1]


@asynccontextmanager
async def desk(directory: Path) -> AsyncIterator[Desk]:
    told: list[CallCheck] = []
    statuses = Statuses()
    instruments = Instruments(DevicesConfig(bluetooth=False), statuses)
    running = asyncio.create_task(instruments.run())
    instruments.wake()
    tried = Tried(instruments.frames.face, instruments.voice, lambda: tuple(statuses.known.values()))
    async with rendezvous(directory) as server:
        server.reserve(ROOM)
        checks = CallChecks(tried, told.append, lambda: True)
        try:
            yield Desk(checks, told, server)
        finally:
            await checks.stop()
            await instruments.rest()
            running.cancel()
            await asyncio.wait([running])


def faults(check: CallCheck) -> list[CheckReason]:
    return [part.reason for part in check.parts if part.light in (Light.RED, Light.ORANGE)]


async def test_all_is_well(media: Media, tmp_path: Path) -> None:
    async with desk(tmp_path) as found:
        check = await found.run()
    assert faults(check) == []
    assert [part.light for part in check.parts] == [Light.GREEN] * 4
    assert found.told[0].running and found.told[0].worst.light is Light.UNKNOWN
    assert sentence(check, texts("fr").call_check) == (Light.GREEN, texts("fr").call_check.good)


HARM: dict[CheckReason, tuple[Callable[[Media], None], Callable[[Media], None]]] = {
    CheckReason.CAMERA_FROZEN: (lambda m: m.cameras["face"].freeze(), lambda m: m.cameras["face"].mend()),
    CheckReason.CAMERA_NO_PICTURE: (
        lambda m: m.cameras["face"].stall(),
        lambda m: m.cameras["face"].resume(),
    ),
    CheckReason.CAMERA_MISSING: (lambda m: m.cameras["face"].unplug(), lambda m: m.cameras["face"].plug()),
    CheckReason.MICROPHONE_SILENT: (
        lambda m: m.sound.mute_microphone(True),
        lambda m: m.sound.mute_microphone(False),
    ),
    CheckReason.SPEAKER_OFF: (lambda m: m.sound.set_speaker(muted=True), lambda m: m.sound.set_speaker()),
}


@pytest.mark.parametrize("reason", HARM, ids=str)
async def test_one_fault_is_one_red_line(media: Media, tmp_path: Path, reason: CheckReason) -> None:
    harm, mend = HARM[reason]
    harm(media)
    try:
        async with desk(tmp_path) as found:
            check = await found.run()
    finally:
        mend(media)
    assert faults(check) == [reason]
    light, said = sentence(check, texts("fr").call_check)
    assert (light, said) == (Light.RED, texts("fr").call_check.reasons[reason])


async def test_a_line_that_is_down_is_the_only_red_line(media: Media, tmp_path: Path) -> None:
    async with desk(tmp_path) as found:
        await found.server.stop()
        assert faults(await found.run()) == [CheckReason.LINE_DOWN]


async def test_a_cover_that_is_taken_off_turns_the_light_green(media: Media, tmp_path: Path) -> None:
    """Without a button: the helper does what the sentence says, and the kiosk looks again."""
    camera = media.cameras["face"]
    camera.cover()
    try:
        async with desk(tmp_path) as found:
            assert faults(await found.run()) == [CheckReason.CAMERA_BLACK]
            camera.mend()
            await until(lambda: found.told[-1].part(CheckPart.CAMERA).light is Light.GREEN, 30)
    finally:
        camera.mend()


async def test_what_is_played_cannot_be_heard(media: Media) -> None:
    """A patient sits there: only silence goes to the loudspeaker."""
    hearing = asyncio.create_task(asyncio.to_thread(media.sound.record_speaker, 1.0))
    output = await try_output()
    assert output.takes_sound and output.name
    assert not any(await hearing)


async def test_a_loudspeaker_that_is_not_there(media: Media) -> None:
    assert (await try_output("nowhere")).name == ""


async def test_a_sound_server_that_is_gone_is_one_fault(
    media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody.sock")
    async with desk(tmp_path) as found:
        check = await found.run()
    assert faults(check) == [CheckReason.SOUND_STOPPED]
