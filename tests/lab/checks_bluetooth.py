"""Bluetooth checks: the program against a real bluetoothd on a real HCI line."""

import asyncio
import os
import signal
import subprocess
import termios
import tty

from drivers.instrument import InstrumentState, Reason
from tests.lab.room_inside import Inside, ask_host, sh

_OXIMETER, _NONIN = "ble:C0:0A:00:00:00:01", "ble:C0:0E:00:00:00:01"
_MODELS = {_OXIMETER: "sig_pulse_oximeter", _NONIN: "nonin_3230"}
_DAEMON = ("/usr/libexec/bluetooth/bluetoothd", "-n")
_LINE = "/dev/ttyS1"
_ADAPTER = ("btattach", "-B", _LINE, "-P", "h4", "-N")
_MEASURING, _FAULTY = InstrumentState.MEASURING, InstrumentState.FAULTY
_running: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}


def prepare(_inside: Inside) -> None:
    sh("modprobe", "hci_uart")
    sh("dbus-daemon", "--system", "--fork")
    _start(_ADAPTER)
    _start(_DAEMON)
    subprocess.run(["bluetoothctl", "--timeout", "10", "power", "on"], stdout=subprocess.DEVNULL, check=False)


def _start(command: tuple[str, ...]) -> None:
    _running[command] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _end(command: tuple[str, ...], how: signal.Signals) -> None:
    _running[command].send_signal(how)
    _running[command].wait()


async def _powered() -> None:
    """Asked again and again: a daemon that has just started knows no adapter yet."""
    for _ in range(20):
        await _ctl("power", "on")
        if "Powered: yes" in await _ctl("show"):
            return
    raise AssertionError(f"no powered adapter: {await _ctl('list')}; {sh('hciconfig', check=False)}")


async def _ctl(*words: str) -> str:
    return await asyncio.to_thread(sh, "bluetoothctl", "--timeout", "4", *words, check=False)


async def _measuring(inside: Inside, *ids: str) -> None:
    for id_ in ids:
        await inside.until_state(id_, _MEASURING)
        await inside.until_reading(_MODELS[id_])


async def _without_adapter(inside: Inside) -> None:
    for id_ in _MODELS:
        await inside.until_state(id_, _FAULTY, reason=Reason.BLUETOOTH_MISSING)


async def _back(inside: Inside) -> None:
    await _powered()
    try:
        await _measuring(inside, *_MODELS)
    except AssertionError as error:
        seen = [await _ctl("show"), sh("hcitool", "con", check=False), await _ctl("devices")]
        raise AssertionError(f"{error}; {' '.join(' '.join(seen).split())}") from None


async def measured(inside: Inside) -> str:
    await _measuring(inside, _OXIMETER)
    return "scanned, connected, subscribed, read"


async def paired(inside: Inside) -> str:
    """A Nonin answers over an encrypted link only."""
    await _measuring(inside, _NONIN)
    address = _NONIN.removeprefix("ble:")
    known = await _ctl("info", address)
    assert "Bonded: yes" in known, f"it was read without a bond: {known}"
    listed = await inside.program.ask("devices", "bonds")
    assert address in listed, f"not in the program's own list: {listed}"
    states = [status.state for status in inside.listener.statuses if status.id == _NONIN]
    by_whom = "asked by us" if InstrumentState.PAIRING in states else "begun by bluetoothd itself"
    return f"bonded ({by_whom}), then measured"


async def killed(inside: Inside) -> str:
    """No callback comes when it dies."""
    await _measuring(inside, *_MODELS)
    _end(_DAEMON, signal.SIGKILL)
    await _without_adapter(inside)
    _start(_DAEMON)
    await _back(inside)
    return "said so, and both instruments came back"


async def removed(inside: Inside) -> str:
    """A USB stick that is pulled: its links break, and the kernel has no adapter any more."""
    await _measuring(inside, *_MODELS)
    ask_host("pull-radio")
    _end(_ADAPTER, signal.SIGTERM)
    await _without_adapter(inside)
    assert not await _ctl("list"), "bluetoothd still has it"
    _forget_line()
    _start(_ADAPTER)
    await _back(inside)
    return "said so, and both instruments came back over the next one"


def _forget_line() -> None:
    """What the old adapter was about to say."""
    line = os.open(_LINE, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(line)
    termios.tcflush(line, termios.TCIFLUSH)
    os.close(line)


async def switched_off(inside: Inside) -> str:
    await _ctl("power", "off")
    await inside.until_state(_OXIMETER, _FAULTY, reason=Reason.BLUETOOTH_OFF)
    await _powered()
    await _measuring(inside, _OXIMETER)
    return "said so, and the oximeter came back"


CHECKS = {
    "bluetoothd: an oximeter": measured, "bluetoothd: pairing": paired,
    "bluetoothd killed and started again": killed, "Bluetooth switched off and on": switched_off,
    "Bluetooth adapter removed": removed,
}  # fmt: skip
