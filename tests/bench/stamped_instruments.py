"""The simulated instruments, writing down when the last byte of each new measurement left them.

usage: python -m tests.bench.stamped_instruments --control SOCKET --stamps FILE

One JSON line in FILE for each measurement that differs from the one before: `t` (time.time(), s) directly
after the write of its first Contec frame, or directly before its Bluetooth notification.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import IO
from unittest.mock import patch

from tests.fakes import instruments
from tests.fakes.ble_peripherals import PulseOximeter
from tests.fakes.contec_pty import ContecSpeaker, Content
from tests.fakes.radio import Radio

FRAMES_A_READING = 75  # the shortest that the simulated unit plays


class Stamps:
    """The file."""

    file: IO[str]

    @classmethod
    def write(cls, device: str, spo2: int, pulse_rate: int) -> None:
        line = {"t": time.time(), "device": device, "spo2": spo2, "pulse_rate": pulse_rate}
        cls.file.write(json.dumps(line) + "\n")
        cls.file.flush()


class StampedContec(ContecSpeaker):
    """Says when the first frame with a new content is on the line."""

    def __init__(self) -> None:
        self._new: Content = None
        super().__init__(content_frames=FRAMES_A_READING)

    def _enter(self, content: Content) -> None:
        super()._enter(content)
        self._new = content

    def _send(self, frame: bytes) -> None:
        super()._send(frame)
        new, self._new = self._new, None
        if new is not None:
            Stamps.write("contec", new.spo2, new.pulse_rate)


class StampedOximeter(PulseOximeter):
    """Says when it notifies."""

    def __init__(self, radio: Radio) -> None:
        super().__init__(radio)

    def _measure(self) -> tuple[dict[str, object], bytes]:
        content, frame = super()._measure()
        Stamps.write("sig", int(str(content["spo2"])), int(str(content["pr"])))
        return content, frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--control", type=Path, required=True)
    parser.add_argument("--stamps", type=Path, required=True)
    options = parser.parse_args()
    with (
        options.stamps.open("w", encoding="utf-8") as Stamps.file,
        patch.object(instruments, "ContecSpeaker", StampedContec),
        patch.object(instruments, "PulseOximeter", StampedOximeter),
    ):
        asyncio.run(instruments._main(options.control))


if __name__ == "__main__":
    main()
