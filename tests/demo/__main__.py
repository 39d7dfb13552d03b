"""`./run demo`: one session from reception to delivery, on simulated instruments that speak their protocols.

With a display it opens the kiosk and prints the physician's link; without one, or with --script, it plays the
whole session under Xvfb and checks what became of every reading. Exits with 1 on any mismatch.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.demo.processes import DemoError
from tests.demo.script import play
from tests.demo.stage import Stage

OUTPUT = Path("demo-output")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./run demo", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--script", action="store_true", help="play the session without anybody")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything started here is ended too
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    with tempfile.TemporaryDirectory(prefix="telecabine-demo-") as directory:
        try:
            if options.script or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
                return play(Path(directory), OUTPUT.resolve())
            return _open(Path(directory))
        except DemoError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        finally:
            for log in Path(directory).glob("*.log"):
                shutil.copy(log, OUTPUT)


def _open(directory: Path) -> int:
    """The kiosk on the screen of whoever started this, until its window is ended with Ctrl+C here."""
    with Stage(directory) as stage:
        stage.media.do("plug_speaker")
        print("The kiosk opens. When consent is given, the physician's link is printed here.")
        print("Ctrl+C here ends the demo.")
        kiosk = stage.kiosk(show_link=True)
        try:
            kiosk.wait()
        except KeyboardInterrupt:
            print()
        return 0


if __name__ == "__main__":
    sys.exit(main())
