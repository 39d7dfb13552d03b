"""All simulated serial and Bluetooth instruments in one process, commanded over a UNIX socket.

usage (inside tests/fakes/private.sh): python -m tests.fakes.instruments --control SOCKET

When ready it prints one JSON line: `bus` is the DBUS_SYSTEM_BUS_ADDRESS for the program under test. Each
command is one JSON object a line, {"do": NAME, ...}; each answer one JSON object a line, with `error` when
it went wrong. The names are the keys of `Instruments.commands()`.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.fakes import usb_bus
from tests.fakes.ble_peripheral import Peripheral
from tests.fakes.ble_peripherals import Cuff, Pressure, PulseOximeter, Thermometer
from tests.fakes.bluez import FakeBluez
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.faults import Faults
from tests.fakes.private_bus import private_bus
from tests.fakes.radio import Radio

Arguments = dict[str, Any]
Command = Callable[[Arguments], Awaitable[None] | None]


class Instruments:
    """One of each kind, beside one bluetoothd."""

    def __init__(self, bus: str) -> None:
        self.bus = bus
        radio = Radio()
        self.bluez = FakeBluez(radio)
        self.contec = ContecSpeaker()
        self.oximeter = PulseOximeter(radio)
        self.cuff = Cuff(radio)
        self.thermometer = Thermometer(radio)

    @property
    def peripherals(self) -> dict[str, Peripheral]:
        return {"oximeter": self.oximeter, "cuff": self.cuff, "thermometer": self.thermometer}

    def stats(self) -> dict[str, object]:
        """Per instrument: frames sent and the readings that a listener must have got."""
        played: dict[str, object] = {name: each.stats() for name, each in self.peripherals.items()}
        return played | {"contec": self.contec.stats()}

    async def answer(self, line: bytes) -> dict[str, object]:
        """Do one command; every answer carries `ok`."""
        try:
            request = json.loads(line)
            if request["do"] == "stats":
                return {"ok": True} | self.stats()
            done = self.commands()[request["do"]](request)
            if done is not None:
                await done
        except (KeyError, TypeError, ValueError, OSError, RuntimeError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}
        return {"ok": True}

    def commands(self) -> dict[str, Command]:
        return self._serial_commands() | self._bluetooth_commands()

    def _serial_commands(self) -> dict[str, Command]:
        contec = self.contec
        return {
            "finger_out": lambda _: contec.finger_out(),
            "finger_in": lambda _: contec.finger_in(),
            "corrupt": lambda a: self._faulty(a).corrupt(int(a.get("frames", 5))),
            "truncate": lambda a: self._faulty(a).truncate(int(a.get("frames", 1))),
            "silence": lambda a: self._faulty(a).silence(),
            "flood": lambda a: self._faulty(a).flood(int(a.get("times", 20))),
            "mend": lambda a: self._faulty(a).mend(),
            "play": lambda a: self._faulty(a).play(a["script"]),
            "unplug": lambda _: contec.unplug(),
            "replug": lambda a: contec.plug(str(a.get("node", "ttyUSB1"))),
        }

    def _faulty(self, arguments: Arguments) -> Faults:
        """The `instrument` that is meant: the serial one where none is."""
        return {"contec": self.contec, **self.peripherals}[arguments.get("instrument", "contec")]

    def _bluetooth_commands(self) -> dict[str, Command]:
        return {
            "measure_bp": lambda a: self.cuff.measure(_pressure(a)),
            "old_bp": lambda a: self.cuff.remember(_pressure(a), timedelta(days=float(a.get("days", 1)))),
            "measure_temperature": lambda a: self.thermometer.measure(str(a.get("celsius", "37.2"))),
            "oximeter_finger_out": lambda _: setattr(self.oximeter, "finger_in", False),
            "oximeter_finger_in": lambda _: setattr(self.oximeter, "finger_in", True),
            "drop": lambda a: self.bluez.drop(self.peripherals[a["instrument"]].address),
            "hang": lambda a: self.peripherals[a["instrument"]].answers.clear(),
            "answer": lambda a: self.peripherals[a["instrument"]].answers.set(),
            "switch_off": lambda a: self.peripherals[a["instrument"]].hide(),
            "switch_on": lambda a: self.peripherals[a["instrument"]].show(),
            "bluetooth_off": lambda _: self.bluez.power(False),
            "bluetooth_on": lambda _: self.bluez.power(True),
            "bluetooth_dies": lambda _: self.bluez.die(),
            "bluetooth_returns": lambda _: self.bluez.start(self.bus),
        }


def _pressure(arguments: Arguments) -> Pressure:
    given = (("systolic", 121), ("diastolic", 79), ("mean", 93), ("pulse", 68))
    return Pressure(**{name: int(arguments.get(name, usual)) for name, usual in given})


@asynccontextmanager
async def instruments() -> AsyncIterator[Instruments]:
    """All of them up, the Contec plugged in as /dev/ttyUSB0."""
    usb_bus.require_private_namespace()
    async with AsyncExitStack() as stack:
        room = Instruments(await stack.enter_async_context(private_bus()))
        await room.bluez.start(room.bus)
        stack.push_async_callback(room.bluez.die)
        for peripheral in room.peripherals.values():
            await peripheral.power_on()
            stack.push_async_callback(peripheral.close)
        room.contec.plug()
        stack.callback(room.contec.close)
        yield room


@asynccontextmanager
async def control(room: Instruments, socket: Path) -> AsyncIterator[None]:
    """Listen for commands on a UNIX socket."""

    served: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served[writer] = asyncio.current_task()
        while line := await reader.readline():
            writer.write(json.dumps(await room.answer(line)).encode() + b"\n")
            await writer.drain()
        writer.close()
        del served[writer]

    server = await asyncio.start_unix_server(serve, socket)
    try:
        yield
    finally:
        server.close()
        for writer, task in tuple(served.items()):
            writer.close()
            if task is not None:
                await asyncio.wait({task})
        socket.unlink(missing_ok=True)


async def _main(socket: Path) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with instruments() as room, control(room, socket):
        streaming = asyncio.create_task(room.contec.run())
        print(json.dumps({"bus": room.bus, "control": str(socket)}), flush=True)
        await asyncio.wait({streaming, asyncio.create_task(stopped.wait())}, return_when="FIRST_COMPLETED")
        if streaming.done():
            streaming.result()
        streaming.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--control", type=Path, required=True, metavar="SOCKET")
    try:
        asyncio.run(_main(parser.parse_args().control))
    except RuntimeError as problem:
        sys.exit(str(problem))
