"""A private headless PulseAudio with a USB stethoscope, a room microphone and a speaker, all of them heard.

The stethoscope and the microphone are sources remapped from null sinks into which sounds are played, so
that the real server, its real clients and its habit of moving a stream when a source vanishes all take part.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from tests.fakes.heart import RATE_HZ, Samples, heart_beat, room_sound

CHEST, ROOM, SPEAKER = "chest", "room", "speaker"
STETHOSCOPE, MICROPHONE, AIR = "usb_stethoscope", "room_microphone", "air"
START_S = 15.0
_STETHOSCOPE_PROPERTIES = {
    "device.description": "USB Digital Stethoscope",
    "device.bus": "usb",
    "device.vendor.id": "0d8c",
    "device.product.id": "0014",
    "device.serial": "STETH-0001",
    "device.vendor.name": "Simulated",
}
_CARD_PROPERTIES = {
    "device.description": "USB Audio Device Mono",
    "device.bus": "usb",
    "device.vendor.id": "0d8c",
    "device.product.id": "0012",
    "device.vendor.name": "Simulated",
}
_MICROPHONE_PROPERTIES = {"device.description": "Room Microphone", "device.bus": "pci"}


class SoundServer:
    """Starts on `with`; everything it starts ends with it. `address` is for PULSE_SERVER."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="telecabine-sound-"))
        self._folder.chmod(0o700)
        self.address = f"unix:{self._folder}/native.sock"
        self._daemon: subprocess.Popen[bytes] | None = None
        self._players: list[_Player] = []
        self._modules: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """The server with its devices, the heart beating and the room humming."""
        self._daemon = subprocess.Popen(
            self._command(),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_up()
        self._remap(MICROPHONE, ROOM, _MICROPHONE_PROPERTIES)
        self._pactl("set-default-source", MICROPHONE)
        self._pactl("set-default-sink", SPEAKER)
        self.restore_stethoscope()
        self._players = [
            _Player(self.address, CHEST, heart_beat()),
            _Player(self.address, ROOM, room_sound()),
        ]

    def stop(self) -> None:
        """The server dies, and with it every stream."""
        for player in self._players:
            player.stop()
        self._players, self._modules = [], {}
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait()
            self._daemon = None

    def remove_stethoscope(self) -> None:
        """The plug is pulled: the server moves whoever recorded from it to the room microphone."""
        module = self._modules.pop(STETHOSCOPE, None)
        if module:
            self._pactl("unload-module", module)

    def restore_stethoscope(self, serial: str = "STETH-0001") -> None:
        """Plugged in again, or another one with its own serial number."""
        if STETHOSCOPE not in self._modules:
            self._remap(STETHOSCOPE, CHEST, _STETHOSCOPE_PROPERTIES | {"device.serial": serial})

    def plug_card(self, name: str, path: str, sink: str = CHEST) -> None:
        """A sound card like a thousand others: no serial number, nothing in its name says what it is for.

        It has the rate of its `sink`: see `add_chest`.
        """
        properties = _CARD_PROPERTIES | {"device.bus_path": path}
        self._remap(name, sink, properties)

    def add_chest(self, name: str, rate_hz: int, sound: Samples) -> None:
        """One more sink, mono at a rate of its own, into which `sound` is played round and round."""
        self._modules[name] = self._pactl(
            "load-module", "module-null-sink", f"sink_name={name}", f"rate={rate_hz}", "channels=1",
            "norewinds=1",
        ).strip()  # fmt: skip
        self._players.append(_Player(self.address, name, sound, rate_hz))

    def unplug_card(self, name: str) -> None:
        self._pactl("unload-module", self._modules.pop(name))

    def move_recordings_to_room(self) -> None:
        """What a desktop's sound settings do: every recording stream now hears the room."""
        for line in self._pactl("list", "short", "source-outputs").splitlines():
            if "remap" not in line:
                self._pactl("move-source-output", line.split()[0], MICROPHONE)

    def suspend_stethoscope(self, suspended: bool) -> None:
        """Present, but its hardware delivers nothing."""
        self._pactl("suspend-source", STETHOSCOPE, str(int(suspended)))

    def let_room_hear_speaker(self, latency_ms: int = 60) -> None:
        """Loudspeaker and microphone stand in the same room from now on; a loop-back is its air."""
        self._modules[AIR] = self._pactl(
            "load-module", "module-loopback", f"source={SPEAKER}.monitor", f"sink={ROOM}",
            f"latency_msec={latency_ms}", "source_dont_move=1", "sink_dont_move=1",
        ).strip()  # fmt: skip

    def pull_speaker_cable(self) -> None:
        """The end of `let_room_hear_speaker`: the sound server plays, and nobody hears it."""
        self._pactl("unload-module", self._modules.pop(AIR))

    def mute_microphone(self, muted: bool) -> None:
        """The button on the microphone."""
        self._pactl("set-source-mute", MICROPHONE, str(int(muted)))

    def set_speaker(self, percent: int = 100, muted: bool = False) -> None:
        """The volume of the loudspeaker, as somebody left it."""
        self._pactl("set-sink-volume", SPEAKER, f"{percent}%")
        self._pactl("set-sink-mute", SPEAKER, str(int(muted)))

    def played_s(self) -> dict[str, float]:
        """Seconds of sound that went into each of the null sinks so far."""
        return {player.sink: player.samples / player.rate_hz for player in self._players}

    def record_speaker(self, seconds: float) -> bytes:
        """What comes out of the loudspeaker, raw 48 kHz mono."""
        monitor = f"{SPEAKER}.monitor"
        with subprocess.Popen(
            ["parec", f"--server={self.address}", *_raw(RATE_HZ), "--latency-msec=20", "-d", monitor],
            stdout=subprocess.PIPE,
        ) as recorder:
            assert recorder.stdout is not None
            data = recorder.stdout.read(int(seconds * RATE_HZ) * 2)
            recorder.terminate()
        return data

    def _remap(self, name: str, sink: str, properties: dict[str, str]) -> None:
        text = " ".join(f"{key}='{value}'" for key, value in properties.items())
        self._modules[name] = self._pactl(
            "load-module", "module-remap-source", f"source_name={name}", f"master={sink}.monitor",
            f'source_properties="{text}"',
        ).strip()  # fmt: skip

    def _command(self) -> list[str]:
        """Without rewinds a null sink works in blocks of 50 ms instead of 2 s."""
        protocol = f"module-native-protocol-unix socket={self.address.removeprefix('unix:')} auth-anonymous=1"
        sinks = (
            f"module-null-sink sink_name={name} rate={RATE_HZ} norewinds=1" for name in (CHEST, ROOM, SPEAKER)
        )
        options = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=error")
        return ["pulseaudio", *options, *(part for module in (protocol, *sinks) for part in ("-L", module))]

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "XDG_RUNTIME_DIR": folder,
            "PULSE_SERVER": self.address,
        }

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + START_S
        while subprocess.run(["pactl", "info"], env=self._environment(), capture_output=True).returncode:
            if time.monotonic() > deadline:
                raise RuntimeError("pulseaudio did not start: is it installed?")
            time.sleep(0.05)

    def _pactl(self, *words: str) -> str:
        return subprocess.run(
            ["pactl", *words], env=self._environment(), check=True, capture_output=True, text=True
        ).stdout


def _raw(rate_hz: int) -> tuple[str, ...]:
    return "--raw", "--format=s16le", "--channels=1", f"--rate={rate_hz}"


class _Player:
    """Plays one sound round and round into a null sink, at the pace at which the server takes it."""

    def __init__(self, address: str, sink: str, sound: Samples, rate_hz: int = RATE_HZ) -> None:
        self.sink = sink
        self.rate_hz = rate_hz
        self.samples = 0
        self._sound = sound.tobytes()
        self._pacat = subprocess.Popen(
            ["pacat", "-p", f"--server={address}", *_raw(rate_hz), "--latency-msec=100", "-d", sink],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._thread = threading.Thread(target=self._feed, name=f"player {sink}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._pacat.kill()
        self._pacat.wait()
        self._thread.join()
        assert self._pacat.stdin is not None
        self._pacat.stdin.close()

    def _feed(self) -> None:
        assert self._pacat.stdin is not None
        pipe = self._pacat.stdin.fileno()
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
        block, position = 4800, 0
        try:
            while True:
                written = os.write(pipe, self._sound[position : position + block])
                self.samples += written // 2
                position = (position + written) % len(self._sound)
        except BrokenPipeError:
            return
