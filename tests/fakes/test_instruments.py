"""The simulators as the demo runs them: a process of their own, commanded over its socket."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.catalog import (
    contec_cms50_v7,
    sig_blood_pressure,
    sig_pulse_oximeter,
    sig_thermometer,
)
from devices.device import Device
from devices.reading import Kind, Reading
from drivers.supervisor import Supervisor
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus

DEVICES: tuple[Device, ...] = (
    contec_cms50_v7.DEVICE, sig_blood_pressure.DEVICE, sig_pulse_oximeter.DEVICE, sig_thermometer.DEVICE,
)  # fmt: skip

DEVICE_KEYS = {
    "contec": "contec_cms50_v7", "cuff": "sig_blood_pressure",
    "thermometer": "sig_thermometer", "oximeter": "sig_pulse_oximeter",
}  # fmt: skip
FIELDS = {
    "contec": ("spo2", "pr"), "cuff": ("systolic", "diastolic", "mean", "pulse"),
    "thermometer": ("celsius",), "oximeter": ("spo2", "pr"),
}  # fmt: skip


class Remote:
    """The other end of the control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def do(self, name: str, **arguments: object) -> dict[str, Any]:
        self._writer.write(json.dumps({"do": name} | arguments).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self._reader.readline())
        return answer

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def simulators(socket: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Remote]:
    command = (sys.executable, "-m", "tests.fakes.instruments", "--control", str(socket))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        ready = json.loads(await process.stdout.readline())
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", ready["bus"])
        remote = Remote(*await asyncio.open_unix_connection(ready["control"]))
        yield remote
        await remote.close()
    finally:
        process.terminate()
        assert await process.wait() == 0


async def test_every_instrument_is_heard_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usb_bus.require_private_namespace()
    listener = Listener()
    async with simulators(tmp_path / "control", monkeypatch) as remote:  # noqa: SIM117  it sets the bus
        async with running(Supervisor(DEVICES, listener).run()):
            assert await remote.do("measure_bp") == {"ok": True}
            assert await remote.do("measure_temperature", celsius="36.9") == {"ok": True}
            await listener.until(lambda: {r.kind for r in listener.readings} >= {Kind.CUFF, Kind.THERMOMETER})
            await listener.until(lambda: len(listener.of(Kind.OXIMETER)) >= 4)
            assert (await remote.do("nonsense"))["ok"] is False
            assert (await remote.do("play", script=[[0, "nonsense", 1]]))["ok"] is False
            assert await remote.do("play", script=[[0, "corrupt", 2], [0, "truncate", 1]]) == {"ok": True}
            assert await remote.do("flood", instrument="oximeter", times=3) == {"ok": True}
            stats = await remote.do("stats")
            # It counts what was confirmed, and what was damaged.
            while not (all(stats[name]["expected"] for name in DEVICE_KEYS) and _damaged(stats)):
                await asyncio.sleep(0.05)
                stats = await remote.do("stats")
            for name, key in DEVICE_KEYS.items():
                await listener.until(lambda n=name, k=key: len(_of(listener, k)) >= stats[n]["readings"])  # type: ignore[misc]
    assert _damaged(stats) == 3
    for name, key in DEVICE_KEYS.items():
        expected = [tuple((each or {}).get(f) for f in FIELDS[name]) for each in stats[name]["expected"]]
        got = [tuple(_number(q.value) for q in r.quantities[: len(FIELDS[name])]) for r in _of(listener, key)]
        assert got[: len(expected)] == expected, name
        assert expected, name
    assert len({r.id for r in listener.readings}) == len(listener.readings)


def _damaged(stats: dict[str, Any]) -> int:
    return int(stats["contec"]["frames_damaged"])


def _of(listener: Listener, key: str) -> list[Reading]:
    return [reading for reading in listener.readings if reading.identity.device == key]


def _number(value: Decimal | None) -> int | str | None:
    """As the simulators write it: whole numbers, else the decimals as sent."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else str(value)
