"""The program in hand, as a technician has it; what `devices watch` prints becomes what drivers tell."""

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process

from devices.reading import Kind
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from tests.drivers.listener import Listener

_STATE = re.compile(r"(.+) \(((?:usb|ble):\S+)\) +([a-z_]+)(?:: ([a-z_]+))?(?:, low battery)?")
_READING = re.compile(r"(\w+) \d\d:\d\d:\d\d +(.+)")
_END_LIMIT_S = 60.0


class Program:
    """An installed `telecabine`, with modules of its own: none of this checkout's are in its way.

    `readings`: of each that it printed, the device's key and the numbers. States go to `listener`; they have
    no kind, which is not printed.
    """

    def __init__(self, file: str, listener: Listener) -> None:
        self.file = file
        self.readings: list[tuple[str, str]] = []
        self._listener = listener
        self._watch: Process | None = None

    @property
    def has_ended(self) -> bool:
        return self._watch is not None and self._watch.returncode is not None

    async def watch(self) -> None:
        """`devices watch`, until it ends or this is cancelled."""
        self._watch = watch = await self._start("--log-level", "WARNING", "devices", "watch")
        try:
            assert watch.stdout is not None
            async for line in watch.stdout:
                self.hear(line.decode(errors="replace").rstrip())
            await watch.wait()
        finally:
            if watch.returncode is None:
                watch.kill()

    async def interrupt(self) -> int:
        """As by Ctrl+C. Its exit code; TimeoutError when it does not end."""
        assert self._watch is not None
        self._watch.send_signal(signal.SIGINT)
        async with asyncio.timeout(_END_LIMIT_S):
            return await self._watch.wait()

    async def ask(self, *words: str) -> str:
        """What another command of it prints. AssertionError when it ends as none should."""
        asked = await self._start(*words)
        said, _ = await asked.communicate()
        assert asked.returncode in (0, 1), f"{' '.join(words)}: ended with {asked.returncode}"
        return said.decode()

    async def _start(self, *words: str) -> Process:
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return await asyncio.create_subprocess_exec(
            self.file, *words, stdin=DEVNULL, stdout=PIPE, env=own, cwd="/"
        )

    def hear(self, line: str) -> None:
        """One line of `devices watch`."""
        if state := _STATE.fullmatch(line):
            name, id_, now, reason = state.groups()
            told = InstrumentState(now), Reason(reason or "none")
            self._listener.status(InstrumentStatus(id_, Kind.UNKNOWN, name, *told))
        elif reading := _READING.fullmatch(line):
            self.readings.append((reading[1], reading[2]))
