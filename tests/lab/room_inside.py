"""What the checks share, in the guest: simulated units on gadgets, the drivers, waiting, verdicts."""

import asyncio
import os
import subprocess
import tty
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from devices.catalog import by_key, devices
from devices.device import BleMatch, Device, SerialMatch
from drivers.instrument import InstrumentState, Reason
from tests.drivers.listener import Listener
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.polling import until
from tests.lab.cp2102 import Cp2102
from tests.lab.gadget import Gadget

PATIENCE_S = 120.0  # an emulated machine beside others is slow
ACM_IDS, CP2102_IDS, ODD_IDS = (0x1915, 0xCAFE), (0x10C4, 0xEA60), (0x10C4, 0x80CA)
CONTEC = by_key()["contec_cms50_v7"]

Check = Callable[["Inside"], Awaitable[str]]


class Skip(Exception):
    """This check cannot be made here; says why."""


class Unit(ContecSpeaker):
    """The simulated Contec at the end of a line that is already there."""

    def speak_into(self, line: int) -> None:
        self._master, self._node = line, "gadget"

    def _carry(self, data: bytes) -> bytes:
        return data  # the kernel's own line does

    def _send(self, frame: bytes) -> None:
        with suppress(OSError):  # the cable was pulled
            super()._send(frame)


class Inside:
    """The guest's instruments, and what its drivers reported."""

    def __init__(self) -> None:
        self.listener = Listener()
        self.acm, self.bridge = Gadget("acm", "dummy_udc.0"), Cp2102(Path("/tmp/cp2102"), "dummy_udc.1")
        self.acm_unit, self.bridge_unit = Unit(), Unit()

    def devices(self) -> tuple[Device, ...]:
        """The catalogue's, and two that only the lab has: a Contec on cdc-acm, and one that speaks 8O1."""
        known = [device for device in devices() if isinstance(device.match, SerialMatch | BleMatch)]
        acm = _other("lab_acm", ACM_IDS)
        odd = _other("lab_odd", ODD_IDS, parity="O", baud=19200)
        return (*known, acm, odd)

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
            await until(condition, PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"did not happen; {otherwise}; {self._seen()}") from None

    async def until_reading(self, id_: str) -> None:
        """One more than there are."""
        before = self.readings(id_)
        await self.until(lambda: self.readings(id_) > before, f"{before} readings of {id_}")

    def readings(self, id_: str) -> int:
        return sum(reading.identity.address == id_ for reading in self.listener.readings)

    def _seen(self) -> str:
        return ", ".join(f"{s.id} {s.state.value} {s.reason.value}" for s in self.listener.statuses[-8:])


def _other(key: str, ids: tuple[int, int], parity: str = "N", baud: int = 115200) -> Device:
    assert isinstance(CONTEC.match, SerialMatch)
    return replace(CONTEC, key=key, match=replace(CONTEC.match, usb_ids=(ids,), parity=parity, baud=baud))


def sh(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def ask_host(what: str) -> None:
    """`unplug` or `replug` the USB adapter."""
    print(f"HOST {what}", flush=True)


async def node_of(serial: str) -> str:
    """Where the port of this serial number is; "" when it is nowhere."""
    from serial.tools import list_ports

    ports = await asyncio.to_thread(list_ports.comports)
    return next((port.device for port in ports if port.serial_number == serial), "")
