"""Cameras and sound in one process: `tests/fakes/private.sh python -m tests.fakes.media --control SOCKET`.

Prints one line of JSON: the environment that the kiosk needs. Then it obeys lines of JSON on the UNIX socket,
each answered by one line: {"do": "stats"}, {"do": "stall_camera"}, "resume_camera", "unplug_camera",
"plug_camera", "cover_camera", "freeze_camera", "mend_camera" (with "camera": "face" for the other one),
"remove_stethoscope", "restore_stethoscope", "plug_card" (a nameless one of 16 kHz that hears the heart),
"mute_microphone", "unmute_microphone", "mute_speaker", "unmute_speaker", "plug_speaker" (the microphone hears
it from then on), "unplug_speaker", "stop_sound", "start_sound".
Ends on SIGTERM or SIGINT, and takes everything with it.
"""

import argparse
import json
import signal
import socketserver
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.fakes.build_shim import build_shim
from tests.fakes.cameras import FACE, OTOSCOPE, SimulatedCamera
from tests.fakes.heart import RATE_HZ, heart_beat
from tests.fakes.sound_server import SoundServer

Answer = dict[str, Any]
SLOW_RATE_HZ = 16_000


class Media:
    """Everything that is seen and heard. Use as a context manager."""

    def __init__(self, folder: Path, barcode: bool = False) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self.cameras = {
            "otoscope": SimulatedCamera(OTOSCOPE, folder, barcode),
            "face": SimulatedCamera(FACE, folder, barcode),
        }
        self.sound = SoundServer()
        self._stack = ExitStack()

    def __enter__(self) -> "Media":
        self._stack.enter_context(self.sound)
        for camera in self.cameras.values():
            self._stack.enter_context(camera)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """What the kiosk's process must be started with."""
        return {
            "LD_PRELOAD": str(build_shim()),
            "TELECABINE_V4L2_DIR": str(self._folder),
            "PULSE_SERVER": self.sound.address,
        }

    def obey(self, command: Answer) -> Answer:
        """Carry out one command; KeyError names what is not known."""
        camera = self.cameras[command.get("camera", "otoscope")]
        deeds: dict[str, Callable[[], None]] = {
            "stall_camera": camera.stall,
            "resume_camera": camera.resume,
            "unplug_camera": camera.unplug,
            "plug_camera": camera.plug,
            "cover_camera": camera.cover,
            "freeze_camera": camera.freeze,
            "mend_camera": camera.mend,
            "remove_stethoscope": self.sound.remove_stethoscope,
            "restore_stethoscope": self.sound.restore_stethoscope,
            "plug_card": self._plug_card,
            "mute_microphone": lambda: self.sound.mute_microphone(True),
            "unmute_microphone": lambda: self.sound.mute_microphone(False),
            "mute_speaker": lambda: self.sound.set_speaker(muted=True),
            "unmute_speaker": self.sound.set_speaker,
            "plug_speaker": self.sound.let_room_hear_speaker,
            "unplug_speaker": self.sound.pull_speaker_cable,
            "stop_sound": self.sound.stop,
            "start_sound": self.sound.start,
            "stats": lambda: None,
        }
        with self._lock:
            deeds[command["do"]]()
            return self.stats()

    def _plug_card(self) -> None:
        self.sound.add_chest("slow_chest", SLOW_RATE_HZ, heart_beat()[:: RATE_HZ // SLOW_RATE_HZ])
        self.sound.plug_card("slow_card", "usb-1-2", sink="slow_chest")

    def stats(self) -> Answer:
        """Frames sent and dropped by camera, seconds of sound played by sink."""
        return {
            "cameras": {
                key: {"sent": camera.sent, "dropped": camera.dropped, "plugged": camera.plugged}
                for key, camera in self.cameras.items()
            },
            "played_s": self.sound.played_s(),
        }


class _Control(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, path: str, media: Media) -> None:
        self.media = media
        super().__init__(path, _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    server: _Control

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(json.dumps(_answer(self.server.media, line)).encode() + b"\n")


def _answer(media: Media, line: bytes) -> Answer:
    try:
        return {"ok": True} | media.obey(json.loads(line))
    except (KeyError, ValueError, AttributeError) as error:
        return {"ok": False, "error": f"cannot obey {line.decode(errors='replace').strip()}: {error!r}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--control", required=True, help="path of the UNIX socket to listen on")
    parser.add_argument("--barcode", action="store_true", help="the time in ms over each picture's top edge")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with (
        tempfile.TemporaryDirectory(prefix="telecabine-media-") as folder,
        Media(Path(folder), options.barcode) as media,
        _Control(options.control, media) as control,
    ):
        print(json.dumps(media.environment()), flush=True)
        try:
            control.serve_forever(poll_interval=0.5)
        except KeyboardInterrupt:
            return
        finally:
            Path(options.control).unlink()


if __name__ == "__main__":
    main()
