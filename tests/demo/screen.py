"""The kiosk as its helper uses it: a virtual screen, a keyboard, and pictures of what is on it."""

import os
import subprocess
import time
from pathlib import Path

from tests.demo.processes import DemoError

SIZE = (1920, 1080)


class Screen:
    """An X server of its own, without a window manager, as under the kiosk's compositor."""

    def __init__(self, directory: Path) -> None:
        read_end, write_end = os.pipe()
        command = [
            "Xvfb",
            "-displayfd",
            str(write_end),
            "-screen",
            "0",
            f"{SIZE[0]}x{SIZE[1]}x24",
            "-nolisten",
            "tcp",
        ]
        with (directory / "xvfb.log").open("ab") as log:
            self._server = subprocess.Popen(command, pass_fds=(write_end,), stderr=log, stdout=log)
        os.close(write_end)
        with os.fdopen(read_end) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise DemoError("Xvfb did not start")
        self.display = f":{number}"

    def key(self, *names: str) -> None:
        """Press keys by their X names, one after the other."""
        self._xdotool("key", "--delay", "60", *names)

    def type(self, text: str) -> None:
        self._xdotool("type", "--delay", "30", text)

    def touch_main(self) -> None:
        """Touch the main button: it is in the lower right corner of every screen."""
        self._xdotool("mousemove", str(SIZE[0] - 110), str(SIZE[1] - 48), "click", "1")
        self._xdotool("mousemove", "2", str(SIZE[1] // 2))

    def picture(self, path: Path) -> None:
        """What a person in front of the kiosk sees, as PNG."""
        time.sleep(0.4)  # let the last repaint reach the screen
        subprocess.run(["import", "-window", "root", str(path)], check=True, env=self._env)

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait()

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "DISPLAY": self.display}

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True, env=self._env)
