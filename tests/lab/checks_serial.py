"""Serial checks: cdc-acm, cp210x and ftdi_sio of the stock kernel; names that change; parity."""

import asyncio

from drivers.instrument import InstrumentState, Reason
from tests.lab.gadget import SOCKETS
from tests.lab.machine import SERIAL_NUMBER
from tests.lab.room_inside import ACM_IDS, CP2102_IDS, ODD_IDS, Inside, ask_host, node_of, sh

_MEASURING, _LOST = InstrumentState.MEASURING, InstrumentState.LOST
_FTDI = f"usb:0403:6001:{SERIAL_NUMBER}"
_ACM = f"usb:{ACM_IDS[0]:04x}:{ACM_IDS[1]:04x}:LABACM"
_BRIDGE = f"usb:{CP2102_IDS[0]:04x}:{CP2102_IDS[1]:04x}:0001"
_ODD = f"usb:{ODD_IDS[0]:04x}:{ODD_IDS[1]:04x}:0002"


async def ftdi(inside: Inside) -> str:
    """A Nonin cable behind QEMU's adapter."""
    await inside.until_state(_FTDI, _MEASURING)
    await inside.until_reading(_FTDI)
    return f"a Nonin at {await node_of(SERIAL_NUMBER)}"


async def another_name(inside: Inside) -> str:
    """While it is away another adapter takes its node; it comes back under a new one."""
    old = await node_of(SERIAL_NUMBER)
    ask_host("unplug")
    await inside.until_state(_FTDI, _LOST, reason=Reason.UNPLUGGED)
    inside.bridge.plug(CP2102_IDS[1], "0001")
    await inside.until_state(_BRIDGE, _MEASURING)
    taken = await node_of("0001")
    ask_host("replug")
    await inside.until_state(_FTDI, _MEASURING)
    await inside.until_reading(_FTDI)
    new = await node_of(SERIAL_NUMBER)
    assert taken == old and new != old, f"{old} came back as {new}; the other one is {taken}"
    ids = {r.identity.address for r in inside.listener.readings if r.identity.device == "nonin_xpod"}
    assert ids == {_FTDI}, f"one instrument became {ids}"
    return f"{old}, then {new}: the same instrument"


async def cp210x(inside: Inside) -> str:
    """The catalogue's Contec on its own bridge."""
    await inside.until_reading(_BRIDGE)
    assert inside.bridge.baud == 115200 and inside.bridge.parity == 0, f"set to {inside.bridge.baud}"
    return "a Contec; the chip was told 115200 8N1"


async def acm(inside: Inside) -> str:
    inside.acm.plug(*ACM_IDS, "LABACM", "Lab oximeter")
    await asyncio.to_thread(inside.open_acm)
    await inside.until_state(_ACM, _MEASURING)
    await inside.until_reading(_ACM)
    inside.acm.unplug()
    await inside.until_state(_ACM, _LOST, reason=Reason.UNPLUGGED)
    return "read, and seen to be pulled"


async def wrong_parity(inside: Inside) -> str:
    """The unit behind the bridge speaks 8O1; the driver was told 8N1."""
    inside.bridge.odd = True
    await inside.until_state(_BRIDGE, InstrumentState.FAULTY)
    _, reason = inside.listener.now(_BRIDGE) or (None, None)
    assert reason in (Reason.GARBLED, Reason.NO_DATA), reason
    inside.bridge.unplug()
    await inside.until_state(_BRIDGE, _LOST)
    return f"the driver says {reason.value}"


async def odd_parity(inside: Inside) -> str:
    """The same unit under an id that is declared 8O1."""
    inside.bridge.odd = True
    inside.bridge.plug(ODD_IDS[1], "0002")
    await inside.until_state(_ODD, _MEASURING)
    await inside.until_reading(_ODD)
    assert (inside.bridge.baud, inside.bridge.parity) == (19200, 1)
    inside.bridge.unplug()
    return "the chip was told 19200 8O1, and every byte is whole"


CHECKS = {
    "ftdi_sio": ftdi, "replug under another name": another_name, "cp210x": cp210x, "cdc-acm": acm,
    "a wrong parity is noticed": wrong_parity, "8O1": odd_parity,
}  # fmt: skip


def prepare(inside: Inside) -> None:
    """Modules and gadgets; nothing is plugged yet but QEMU's own adapter."""
    sh("modprobe", "dummy_hcd", SOCKETS)
    sh("modprobe", "-a", "libcomposite", "usb_f_acm", "usb_f_fs", "cdc-acm", "cp210x", "ftdi_sio", "xhci_pci")
    sh("mount", "-t", "configfs", "none", "/sys/kernel/config")
    inside.acm.make("acm.0")
    inside.bridge.make()
    inside.bridge_unit.speak_into(inside.bridge.line.fileno())
