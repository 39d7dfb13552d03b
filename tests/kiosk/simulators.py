"""All simulated instruments, cameras and sound in processes of their own, as the demo runs them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.demo.processes import Control, Process, python
from tests.fakes import usb_bus


@dataclass(frozen=True)
class Simulators:
    """`env` is what a kiosk must be started with to find them."""

    instruments: Control
    media: Control
    env: dict[str, str]


@contextmanager
def simulators(directory: Path) -> Iterator[Simulators]:
    """Everything plugged in. This process finds them too, while the block lasts."""
    usb_bus.require_private_namespace()
    if "v4l2_shim" not in os.environ.get("LD_PRELOAD", ""):
        pytest.fail("LD_PRELOAD must name the library that tests/fakes/build_shim.py builds")
    with ExitStack() as stack:
        announced, controls = {}, {}
        for name in ("instruments", "media"):
            socket = directory / f"{name}.sock"
            process = Process(
                name, python(f"tests.fakes.{name}", "--control", str(socket)), directory, announces=True
            )
            stack.callback(process.stop)
            controls[name] = Control(socket)
            stack.callback(controls[name].close)
            announced[name] = process.announced
        env = {"DBUS_SYSTEM_BUS_ADDRESS": announced["instruments"]["bus"], **announced["media"]}
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for variable, value in env.items():
            patch.setenv(variable, value)
        yield Simulators(controls["instruments"], controls["media"], env)
