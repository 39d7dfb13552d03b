"""The program's other commands: what its self-test says of cameras, and how `devices watch` ends."""

import asyncio
import json
from pathlib import Path

from tests.lab import checks_camera, checks_supercamera
from tests.lab.checks_camera import drop_pictures, tell_driver
from tests.lab.checks_supercamera import SCOPE
from tests.lab.room_inside import TREE, Inside

_SETTINGS = Path("/tmp/telecabine.toml")
_LOOK_S = 30
_OWN = {
    "[kiosk]": '[kiosk]\ndata_dir = "/tmp/kiosk"', "[devices]": "[devices]\nbluetooth = false",
    "expected = []": 'expected = ["otoscope"]',
}  # fmt: skip


def prepare(inside: Inside) -> None:
    checks_camera.prepare(inside)
    checks_supercamera.prepare(inside)
    text = (TREE / "packaging/debian/telecabine.toml").read_text(encoding="utf-8")
    for old, new in _OWN.items():
        text = text.replace(old, new, 1)
    _SETTINGS.write_text(text, encoding="utf-8")


async def cameras(inside: Inside) -> str:
    """Both at once: one that is V4L2's, and one over usbfs."""
    await asyncio.to_thread(SCOPE.plug)
    try:
        await _says(inside, "green none")
        drop_pictures(100)
        SCOPE.stalled = True
        await _says(inside, "red not_working")
    finally:
        SCOPE.stalled = False
        drop_pictures(0)
        await asyncio.to_thread(SCOPE.unplug)
    await tell_driver("unbind")
    await _says(inside, "red not_found")
    await tell_driver("bind")
    return "green, red when they stall, red when they are gone"


async def _says(inside: Inside, wanted: str) -> None:
    options = ("--config", str(_SETTINGS), "selftest", "--json", "--seconds", str(_LOOK_S))
    report = json.loads(await inside.program.ask(*options))
    said = {each["part"]: each for each in report["checks"] if each["part"] in ("face_camera", "otoscope")}
    verdicts = [f"{each['verdict']} {each['problem']}" for each in said.values()]
    assert verdicts == [wanted] * 2, f"not {wanted} twice: {said}"


async def interrupted(inside: Inside) -> str:
    """The last of all."""
    code = await inside.program.interrupt()
    assert code == 0, f"it ended with {code}"
    return f"{inside.program.file} ended"


CHECKS = {"the self-test of cameras": cameras, "Ctrl+C": interrupted}
