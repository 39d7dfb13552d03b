"""What a technician is told to write into the settings is what these take for the same part."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.serial_port import find_named
from tests.fakes import sound_server, usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.pcm_pty import PcmUnit

BARE = (
    '[site]\nname = "TEST"\nfiness = "990000001"\norganization_id = "1990000001"\n'
    '[kiosk]\nid = "FE-ED-AB-EE-DE-AD-77-01"\nname = "Cabine 01"\ndata_dir = "data"\n'
    '[physician]\nrpps = "99900000011"\nfamily = "TEST-MEDECIN"\n'
    '[fhir]\nbase_url = "https://127.0.0.1/fhir"\n'
    "[devices]\nbluetooth = false\n"
)
EAR, FACE = "usb:1b3f:2247:EAR-1", "usb:046d:0825:CAM-1"
NOT_USED, NO_INSTRUMENT = "not used", "no instrument of this kiosk"


@pytest.fixture
def plugged() -> Iterator[None]:
    """Two bridges with the same number, a board, a keyboard, and two cameras that are called alike."""
    usb_bus.require_private_namespace()
    one, two, board = ContecSpeaker(), ContecSpeaker(), PcmUnit()
    one.plug("ttyUSB0")
    two.plug("ttyUSB7")
    board.plug("ttyACM0")
    usb_bus.plug_hid("hidraw0", "/dev/null", usb_bus.UsbIds(0x046D, 0xC31C, "", "USB Keyboard"))
    usb_bus.plug_camera(0, "USB Camera", 0x046D, 0x0825, "CAM-1")
    usb_bus.plug_camera(2, "USB Camera", 0x1B3F, 0x2247, "EAR-1")
    yield
    for camera in (0, 2):
        usb_bus.unplug_camera(camera)
    usb_bus.unplug_hid("hidraw0")
    for unit in (one, two, board):
        unit.close()


def told(settings: Path) -> tuple[dict[str, str], str, int]:
    """What each identity is taken for; what went wrong, and the exit code."""
    command = [sys.executable, "-m", "kiosk", "--config", str(settings), "devices", "plugged"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    uses = {line[8:].split("  ")[0].strip(): line.rpartition(": ")[2] for line in done.stdout.splitlines()}
    return uses, done.stderr, done.returncode


def test_each_is_told_by_the_name_that_means_it(
    plugged: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "telecabine.toml"
    with sound_server.SoundServer() as server:
        server.plug_card("card", "usb-1-2")
        server.plug_card("card.2", "usb-1-3")
        monkeypatch.setenv("PULSE_SERVER", server.address)
        settings.write_text(BARE)
        bare, errors, code = told(settings)
        assert (errors, code) == ("", 0)
        (board,) = (each for each in bare if each.startswith("usb:1a86:55d4"))
        chosen = (f'otoscope = "{EAR}"\nmicrophone = "path:usb-1-3"\nstethoscope_stream = "{board}"\n',)
        settings.write_text("".join((BARE, *chosen)))
        uses, _, _ = told(settings)
    contecs = [name for name in bare if name.startswith("usb:10c4:ea60")]
    assert sorted(map(find_named, contecs)) == ["/dev/ttyUSB0", "/dev/ttyUSB7"]
    assert all("Contec CMS50D+" in bare[name] for name in contecs)
    assert (bare["usb:046d:c31c:usb-hidraw0/input0"], bare[board]) == (NO_INSTRUMENT, NO_INSTRUMENT)
    assert (bare[FACE], bare[EAR]) == ("face_camera", NOT_USED)
    assert (bare["path:usb-1-3"], bare["usb:0d8c:0014:STETH-0001"]) == (NOT_USED, "stethoscope")
    assert (uses[FACE], uses[EAR]) == ("face_camera", "otoscope")
    assert (uses["path:usb-1-3"], uses["usb:0d8c:0014:STETH-0001"]) == ("microphone", NOT_USED)
    assert uses[board] == "stethoscope"


def test_without_settings_and_without_sound_the_rest_is_told(
    plugged: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none.sock")
    uses, errors, code = told(tmp_path / "absent.toml")
    assert code == 1
    assert [line.startswith("telecabine: ") for line in errors.splitlines()] == [True, True]
    assert "absent.toml: cannot be read" in errors and "no sound server answers" in errors
    assert (uses[FACE], uses[EAR]) == ("face_camera", NOT_USED)


def test_what_the_settings_name_and_is_not_there_is_told(
    plugged: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none.sock")
    settings = tmp_path / "telecabine.toml"
    settings.write_text(f'{BARE}otoscope = "usb:1b3f:9999"\n')
    uses, _, _ = told(settings)
    assert (uses["usb:1b3f:9999"], uses[EAR]) == ("otoscope", NOT_USED)
