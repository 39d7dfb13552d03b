"""A simulated Nonin cable that writes down when each sample left it. usage: --stamps FILE

SIGUSR1 takes the finger out.
"""

import argparse
import asyncio
import json
import os
import signal
import time
from functools import partial
from pathlib import Path

from tests.fakes.nonin_pty import Xpod

_PLETH = 2  # its place in a frame


async def _play(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:

        class StampedXpod(Xpod):
            def next_frame(self) -> bytes:
                frame = super().next_frame()
                file.write(json.dumps({"t": time.time(), "last": frame[_PLETH]}) + "\n")
                file.flush()
                return frame

        cable = StampedXpod()
        take_out = partial(setattr, cable, "finger_in", False)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, take_out)
        print(json.dumps({"plugged": True, "pid": os.getpid()}), flush=True)
        try:
            await cable.run()
        finally:
            cable.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stamps", type=Path, required=True)
    asyncio.run(_play(parser.parse_args().stamps))
