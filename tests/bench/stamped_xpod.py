"""A simulated Nonin cable that writes down when each sample left it. usage: --stamps FILE"""

import argparse
import asyncio
import json
import time
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
        print(json.dumps({"plugged": True}), flush=True)
        try:
            await cable.run()
        finally:
            cable.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stamps", type=Path, required=True)
    asyncio.run(_play(parser.parse_args().stamps))
