"""The kiosk's drivers in a process of their own, saying what arrives at the hub's door.

usage: python -m tests.bench.hub_door [--quiet]

One JSON line for each reading (`values`) and each chunk of a wave (`last` sample), with `t` (time.time(), s).
`--quiet`: nothing but what the drivers themselves do, for counting their processor time.
"""

import argparse
import asyncio
import json
import time

from devices.reading import Reading, Waveform
from drivers.instrument import InstrumentStatus
from kiosk.devices_config import DevicesConfig
from kiosk.instruments import Instruments


class Door:
    """A sink."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    def status(self, status: InstrumentStatus) -> None:
        self._say(status.id, state=status.state.value, reason=status.reason.value)

    async def reading(self, reading: Reading) -> None:
        values = {q.metric.key: None if q.value is None else str(q.value) for q in reading.quantities}
        self._say(reading.identity.device, values=values)

    def waveform(self, waveform: Waveform) -> None:
        self._say(waveform.identity.device, last=waveform.samples[-1])

    def _say(self, who: str, **what: object) -> None:
        if not self._quiet:
            print(json.dumps({"t": time.time(), "device": who} | what), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", action="store_true")
    asyncio.run(Instruments(DevicesConfig(), Door(parser.parse_args().quiet)).run())


if __name__ == "__main__":
    main()
