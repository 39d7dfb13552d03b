"""Bluetooth checks: bleak and our agent against a real bluetoothd on a real HCI line."""

import asyncio
import subprocess

from drivers.instrument import InstrumentState, Reason
from tests.lab.room_inside import Inside, sh

_OXIMETER, _NONIN = "ble:C0:0A:00:00:00:01", "ble:C0:0E:00:00:00:01"
_DAEMON = "/usr/libexec/bluetooth/bluetoothd"
_MEASURING, _FAULTY = InstrumentState.MEASURING, InstrumentState.FAULTY
_running: list[subprocess.Popen[bytes]] = []


def prepare(_inside: Inside) -> None:
    sh("modprobe", "hci_uart")
    sh("dbus-daemon", "--system", "--fork")
    subprocess.Popen(["btattach", "-B", "/dev/ttyS1", "-P", "h4", "-N"], stdout=subprocess.DEVNULL)
    _start()
    subprocess.run(["bluetoothctl", "--timeout", "10", "power", "on"], stdout=subprocess.DEVNULL, check=False)


def _start() -> None:
    _running.append(subprocess.Popen([_DAEMON, "-n"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


async def _powered() -> None:
    """Asked again and again: a daemon that has just started knows no adapter yet."""
    for _ in range(20):
        await _ctl("power", "on")
        if "Powered: yes" in await _ctl("show"):
            return
    raise AssertionError(f"no powered adapter: {await _ctl('list')}; {sh('hciconfig', check=False)}")


async def _ctl(*words: str) -> str:
    return await asyncio.to_thread(sh, "bluetoothctl", "--timeout", "4", *words, check=False)


async def measured(inside: Inside) -> str:
    await inside.until_state(_OXIMETER, _MEASURING)
    await inside.until_reading(_OXIMETER)
    return "scanned, connected, subscribed, read"


async def paired(inside: Inside) -> str:
    """A Nonin answers over an encrypted link only."""
    await inside.until_state(_NONIN, _MEASURING)
    await inside.until_reading(_NONIN)
    known = await _ctl("info", _NONIN.removeprefix("ble:"))
    assert "Bonded: yes" in known, f"it was read without a bond: {known}"
    states = [status.state for status in inside.listener.statuses if status.id == _NONIN]
    by_whom = "asked by us" if InstrumentState.PAIRING in states else "begun by bluetoothd itself"
    return f"bonded ({by_whom}), then measured"


async def killed(inside: Inside) -> str:
    """No callback comes when it dies."""
    for id_ in (_OXIMETER, _NONIN):
        await inside.until_state(id_, _MEASURING)
    _running[-1].kill()
    _running[-1].wait()
    for id_ in (_OXIMETER, _NONIN):
        await inside.until_state(id_, _FAULTY, reason=Reason.BLUETOOTH_MISSING)
    _start()
    await _powered()
    for id_ in (_OXIMETER, _NONIN):
        try:
            await inside.until_state(id_, _MEASURING)
            await inside.until_reading(id_)
        except AssertionError as error:
            seen = [await _ctl("show"), sh("hcitool", "con", check=False), await _ctl("devices")]
            raise AssertionError(f"{error}; {' '.join(' '.join(seen).split())}") from None
    return "said so, and both instruments came back"


async def switched_off(inside: Inside) -> str:
    await _ctl("power", "off")
    await inside.until_state(_OXIMETER, _FAULTY, reason=Reason.BLUETOOTH_OFF)
    await _powered()
    await inside.until_state(_OXIMETER, _MEASURING)
    return "said so, and the oximeter came back"


CHECKS = {
    "bluetoothd: an oximeter": measured, "bluetoothd: pairing": paired,
    "bluetoothd killed and started again": killed, "Bluetooth switched off and on": switched_off,
}  # fmt: skip
