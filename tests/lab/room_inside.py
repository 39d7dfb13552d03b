"""What the checks share, in the guest: simulated units on gadgets, the program, waiting, verdicts."""

import asyncio
import os
import subprocess
import tty
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from drivers.instrument import InstrumentState, Reason
from tests.drivers.listener import Listener
from tests.fakes.contec_pty import ContecSpeaker, Vitals
from tests.fakes.contec_recorder import OldContec, Recorded
from tests.fakes.polling import until
from tests.lab.cp2102 import Cp2102
from tests.lab.gadget import Gadget
from tests.lab.program import Program

TREE = Path(__file__).parents[2]
PATIENCE_S = 120.0  # an emulated machine beside others is slow
CP2102_IDS = (0x10C4, 0xEA60)
_ACM_SCRIPT = (Vitals(88, 61, 150), Vitals(89, 62, 151))  # as no other here has
_TICK_S = 1 / 60

Check = Callable[["Inside"], Awaitable[str]]


class Skip(Exception):
    """This check cannot be made here; says why."""


class Unit(ContecSpeaker):
    """The simulated Contec at the end of a line that is already there."""

    def speak_into(self, line: int) -> None:
        self._master, self._node = line, "gadget"

    def leave(self) -> None:
        """Say and hear no more."""
        self._node = ""

    def _carry(self, data: bytes) -> bytes:
        return data  # the kernel's own line does

    def _send(self, frame: bytes) -> None:
        with suppress(OSError):  # the cable was pulled
            super()._send(frame)


class OldUnit(OldContec):
    """The same for the old protocol, at 8O1."""

    def __init__(self) -> None:
        super().__init__(Recorded(()))
        self.finger_in = True

    def speak_into(self, line: int) -> None:
        self._master, self._node = line, "gadget"

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            if self._node:
                self.tick()

    def say(self, data: bytes) -> None:
        with suppress(OSError):  # the cable was pulled, or nobody reads
            os.write(self._master, data)


class Inside:
    """The guest's instruments, and what is reported of them: by the program, and by drivers run here."""

    def __init__(self, program: str) -> None:
        self.listener = Listener()
        self.program = Program(program, self.listener)
        self.acm, self.bridge = Gadget("acm", "dummy_udc.0"), Cp2102(Path("/tmp/cp2102"), "dummy_udc.1")
        self.acm_unit, self.bridge_unit, self.old_unit = Unit(script=_ACM_SCRIPT), Unit(), OldUnit()

    def open_acm(self) -> None:
        """The device end of /dev/ttyACM0 is /dev/ttyGS0."""
        line = os.open("/dev/ttyGS0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(line)
        self.acm_unit.speak_into(line)

    async def until_state(self, id_: str, *wanted: InstrumentState, reason: Reason | None = None) -> None:
        def there() -> bool:
            now = self.listener.now(id_)
            return now is not None and now[0] in wanted and reason in (None, now[1])

        await self.until(there, f"{id_} is {self.listener.now(id_)}")

    async def until(self, condition: Callable[[], object], otherwise: str) -> None:
        try:
            await until(lambda: condition() or self.program.has_ended, PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"did not happen; {otherwise}; {self._seen()}") from None
        assert not self.program.has_ended, "the program has ended by itself"

    async def until_reading(self, device: str, words: str = "") -> None:
        """One more than there are, with these words in it."""

        def readings() -> int:
            return sum(key == device and words in said for key, said in self.program.readings)

        before = readings()
        said = f"{before} readings of {device} {words}; last {self.program.readings[-3:]}"
        await self.until(lambda: readings() > before, said)

    def _seen(self) -> str:
        return ", ".join(f"{s.id} {s.state.value} {s.reason.value}" for s in self.listener.statuses[-8:])


def sh(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def ask_host(what: str) -> None:
    """`unplug` or `replug` the USB adapter; `pull-radio`."""
    print(f"HOST {what}", flush=True)


async def node_of(serial: str) -> str:
    """Where the port of this serial number is; "" when it is nowhere."""
    from serial.tools import list_ports

    ports = await asyncio.to_thread(list_ports.comports)
    return next((port.device for port in ports if port.serial_number == serial), "")
