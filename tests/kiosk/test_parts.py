"""The technician chooses which camera and which microphone serve for what; it holds over a restart."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from devices.reading import Kind
from drivers.video_nodes import find_cameras
from kiosk.choices import Role, kept_choices, with_choices
from kiosk.data_dir import parts_file
from kiosk.devices_config import DevicesConfig
from kiosk.parts import PartChoice
from kiosk.selftest.report import Part, Problem
from kiosk.selftest.running import check_running
from tests.fakes import sound_server, usb_bus
from tests.kiosk.whole import Whole, config_in, whole_kiosk

EAR = "usb:1b3f:2247:EAR-1"


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[sound_server.SoundServer]:
    with sound_server.SoundServer() as server:
        server.plug_card("card", "usb-1-2")
        server.plug_card("card.2", "usb-1-3")
        monkeypatch.setenv("PULSE_SERVER", server.address)
        yield server


@pytest.fixture
def cameras() -> Iterator[None]:
    usb_bus.plug_camera(0, "USB Camera", 0x046D, 0x0825, "CAM-1")
    usb_bus.plug_camera(2, "USB Camera", 0x1B3F, 0x2247, "EAR-1")
    yield
    for entry in Path("/sys/class/video4linux").glob("video*"):
        usb_bus.unplug_camera(int(entry.name.removeprefix("video")))


@pytest.fixture
async def whole(tmp_path: Path, sound: sound_server.SoundServer, cameras: None) -> AsyncIterator[Whole]:
    async with whole_kiosk(config_in(tmp_path)) as running:
        await running.until(lambda: running.kiosk.instruments._sound.sources)
        yield running


def of(choices: tuple[PartChoice, ...], role: Role) -> PartChoice:
    return next(choice for choice in choices if choice.role is role)


def address(whole: Whole, kind: Kind) -> str:
    found = (s.identity for s in whole.kiosk.hub.instruments if s.kind is kind and s.identity)
    return next((identity.address for identity in found), "")


def ear_node(whole: Whole) -> str | int:
    node = whole.kiosk.instruments.otoscope.role.choose(find_cameras())
    return node.node if node else ""


async def test_each_that_is_plugged_in_is_offered_under_a_name_of_its_own(whole: Whole) -> None:
    choices = await whole.kiosk.parts.found()
    cameras = {option.name for option in of(choices, Role.OTOSCOPE).options}
    assert cameras == {"USB Camera (1-video0)", "USB Camera (1-video2)"}
    sounds = of(choices, Role.STETHOSCOPE).options
    assert {"USB Audio Device Mono (usb-1-2)", "USB Audio Device Mono (usb-1-3)"} < {o.name for o in sounds}
    assert not [option for option in sounds if "monitor" in option.name.lower()]
    assert len({option.identity for option in sounds}) == len(sounds)
    assert of(choices, Role.OTOSCOPE).used == ""
    assert of(choices, Role.STETHOSCOPE).used == "USB Digital Stethoscope"


async def test_a_choice_serves_at_once_and_is_kept(whole: Whole) -> None:
    await whole.kiosk.parts.choose(Role.OTOSCOPE, EAR)
    choices = await whole.kiosk.parts.choose(Role.STETHOSCOPE, "path:usb-1-3")
    assert of(choices, Role.OTOSCOPE).used == "USB Camera (1-video2)"
    assert of(choices, Role.STETHOSCOPE).used == "USB Audio Device Mono (usb-1-3)"
    await whole.until(lambda: address(whole, Kind.OTOSCOPE) == EAR)
    await whole.until(lambda: address(whole, Kind.STETHOSCOPE) == "usb:0d8c:0012:")
    assert address(whole, Kind.CAMERA) == "usb:046d:0825:CAM-1"
    usb_bus.unplug_camera(2)
    usb_bus.plug_camera(5, "USB Camera", 0x1B3F, 0x2247, "EAR-1")
    assert ear_node(whole) == "/dev/video5"
    again = with_choices(whole.kiosk.config).devices
    assert (again.otoscope, again.stethoscope) == (EAR, "path:usb-1-3")


async def test_one_part_serves_one_purpose(whole: Whole) -> None:
    await whole.kiosk.parts.choose(Role.STETHOSCOPE, "path:usb-1-2")
    choices = await whole.kiosk.parts.choose(Role.MICROPHONE, "path:usb-1-2")
    assert of(choices, Role.STETHOSCOPE).chosen == ""
    assert of(choices, Role.MICROPHONE).used == "USB Audio Device Mono (usb-1-2)"
    usual = of(await whole.kiosk.parts.choose(Role.MICROPHONE, ""), Role.MICROPHONE)
    assert (usual.used, usual.chosen) == ("Room Microphone", "")


async def test_what_the_settings_name_for_another_purpose_serves_the_chosen_one(
    tmp_path: Path, sound: sound_server.SoundServer, cameras: None
) -> None:
    config = config_in(tmp_path, devices=DevicesConfig(bluetooth=False, otoscope=EAR))
    async with whole_kiosk(config) as whole:
        choices = await whole.kiosk.parts.choose(Role.FACE_CAMERA, EAR)
        assert of(choices, Role.FACE_CAMERA).used == "USB Camera (1-video2)"
        assert (of(choices, Role.OTOSCOPE).used, of(choices, Role.OTOSCOPE).chosen) == ("", "")
        assert with_choices(config).devices.otoscope == "", "it holds over a restart"
        choices = await whole.kiosk.parts.choose(Role.FACE_CAMERA, "")
        assert of(choices, Role.OTOSCOPE).used == "USB Camera (1-video2)"
        await whole.kiosk.parts.choose(Role.FACE_CAMERA, EAR)
        choices = await whole.kiosk.parts.choose(Role.OTOSCOPE, "")
        assert of(choices, Role.OTOSCOPE).used == "USB Camera (1-video2)"
        assert of(choices, Role.FACE_CAMERA).chosen == ""


async def test_the_self_test_names_a_chosen_part_that_is_gone(whole: Whole) -> None:
    await whole.kiosk.parts.choose(Role.STETHOSCOPE, "usb:0d8c:0099")
    report = await check_running(whole.kiosk, idle=False)
    found = {(c.part, c.problem, c.subject) for c in report.reds}
    assert (Part.STETHOSCOPE, Problem.CHOSEN_MISSING, "usb:0d8c:0099") in found


def test_what_cannot_be_read_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = replace(config_in(tmp_path), devices=DevicesConfig(otoscope="usb:1b3f:2247"))
    file = parts_file(config)
    file.parent.mkdir(parents=True, exist_ok=True)
    for damaged in ("", "[1", '{"kettle": "usb:1:2"}', "7", '{"otoscope"'):
        file.write_text(damaged)
        assert with_choices(config).devices.otoscope == "usb:1b3f:2247"
        assert file.read_text() == damaged
    assert "cannot be read" in caplog.text
    file.write_text(json.dumps({"otoscope": "usb:", "microphone": "name:A"}))
    assert kept_choices(file) == {Role.MICROPHONE: "name:A"}
