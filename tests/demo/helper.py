"""The helper: receives the patient and leads the session, by keyboard and touch, looking at the screen."""

import re
import time
from pathlib import Path

import cv2

from tests.demo.processes import DemoError, Process
from tests.demo.screen import Screen

READY_S = 40.0
_KEPT = re.compile(r"kept (\w+) ([0-9a-f-]{36}) from (\w+)")


class Helper:
    """`pictures`: where each screen's photograph goes, numbered in the order they were taken."""

    def __init__(self, screen: Screen, pictures: Path) -> None:
        self.screen = screen
        self._pictures = pictures
        self._taken = 0

    def look(self, name: str) -> Path:
        """Photograph the screen."""
        self._taken += 1
        path = self._pictures / f"kiosk-{self._taken:02}-{name}.png"
        self.screen.picture(path)
        return path

    def begin(self) -> None:
        self.screen.key("Return")
        time.sleep(1)

    def identify(self) -> None:
        """A synthetic patient, typed on the keyboard."""
        self.look("identity")
        for answer in ("TEST-KIOSQUE", "Dominique", "14", "05", "1969"):
            self.screen.type(answer)
            self.screen.key("Tab")
        self.screen.key("space")
        self.look("identity-answered")
        self.screen.touch_main()
        time.sleep(1)

    def refuse(self) -> None:
        self.look("consent")
        self.screen.key("Tab", "Tab", "Tab", "Return")
        time.sleep(1)
        self.look("refused")
        self.screen.key("Return")
        time.sleep(1)

    def accept(self) -> None:
        self.screen.touch_main()
        time.sleep(3)

    def link(self) -> str:
        """Read the link off the screen, as a physician's telephone would."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            path = self._pictures / "qr.png"
            self.screen.picture(path)
            photograph = cv2.imread(str(path))
            assert photograph is not None
            link = cv2.QRCodeDetector().detectAndDecode(photograph)[0]
            path.unlink()
            if link:
                return link
        raise DemoError("no QR code with the physician's link on the kiosk's screen")

    def resume(self) -> None:
        """The kiosk offers the interrupted session: take it up."""
        self.look("resume-offered")
        self.screen.key("Return")
        time.sleep(2)

    def end(self) -> None:
        self.screen.touch_main()
        time.sleep(0.5)
        self.look("end-asked")
        self.screen.key("Tab", "Return")
        time.sleep(2)

    def finish(self) -> None:
        """Tick what was disinfected, then leave the summary."""
        for _ in range(5):
            self.screen.key("space", "Tab")
        self.look("disinfected")
        self.screen.touch_main()
        time.sleep(1)

    def technician(self, pin: str) -> None:
        """The self-test on the technician's screen."""
        self.screen.touch_main()  # on the welcome screen that corner holds the technician's door
        time.sleep(1)
        self.look("technician-pin")
        self.screen.type(pin)
        self.screen.key("Return")
        time.sleep(9)
        self.look("technician-selftest")


def wait_ready(kiosk: Process, times: int) -> None:
    """Until the kiosk says for the `times`-th time that it is ready."""
    deadline = time.monotonic() + READY_S
    while kiosk.log.read_text(errors="replace").count("kiosk ready") < times:
        if not kiosk.running or time.monotonic() > deadline:
            raise DemoError(f"the kiosk did not become ready; its log: {kiosk.log}")
        time.sleep(0.1)


def kept(kiosk: Process) -> dict[str, tuple[str, str]]:
    """Every reading that the kiosk made durable: id to kind and device."""
    found = _KEPT.findall(kiosk.log.read_text(errors="replace"))
    return {id_: (kind, device) for kind, id_, device in found}
