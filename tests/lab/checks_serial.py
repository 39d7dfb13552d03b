"""Serial checks: cdc-acm, cp210x and ftdi_sio of the stock kernel; names that change; parity."""

import asyncio

from devices.catalog import by_key
from drivers.instrument import InstrumentState, Reason
from tests.fakes.serial_line import Line
from tests.lab.gadget import SOCKETS
from tests.lab.machine import SERIAL_NUMBER
from tests.lab.room_inside import CP2102_IDS, Inside, ask_host, node_of, sh

_MEASURING, _LOST = InstrumentState.MEASURING, InstrumentState.LOST
_FTDI = f"usb:0403:6001:{SERIAL_NUMBER}"
_CP2102 = f"usb:{CP2102_IDS[0]:04x}:{CP2102_IDS[1]:04x}"
_ACM, _BRIDGE, _ODD = f"{_CP2102}:LABACM", f"{_CP2102}:0001", f"{_CP2102}:0002"
_XPOD, _CONTEC, _OLD_CONTEC = "nonin_xpod", "contec_cms50_v7", "contec_cms50_old"


async def ftdi(inside: Inside) -> str:
    """A Nonin cable behind QEMU's adapter."""
    await inside.until_state(_FTDI, _MEASURING)
    await inside.until_reading(_XPOD, "spo2 97 %, pulse_rate 138 /min")
    return f"a Nonin at {await node_of(SERIAL_NUMBER)}"


async def another_name(inside: Inside) -> str:
    """While it is away another adapter takes its node; it comes back under a new one."""
    old = await node_of(SERIAL_NUMBER)
    ask_host("unplug")
    await inside.until_state(_FTDI, _LOST, reason=Reason.UNPLUGGED)
    await _bridged(inside)
    taken = await node_of("0001")
    ask_host("replug")
    await inside.until_state(_FTDI, _MEASURING)
    await inside.until_reading(_XPOD)
    new = await node_of(SERIAL_NUMBER)
    assert taken == old and new != old, f"{old} came back as {new}; the other one is {taken}"
    ids = {status.id for status in inside.listener.statuses if status.name == by_key()[_XPOD].name}
    assert ids == {_FTDI}, f"one instrument became {ids}"
    return f"{old}, then {new}: the same instrument"


async def _bridged(inside: Inside) -> None:
    """The bridge with a Contec is plugged in, if no check before has done it."""
    if not inside.bridge.plugged:
        inside.bridge.plug(CP2102_IDS[1], "0001")
    await inside.until_state(_BRIDGE, _MEASURING)


async def cp210x(inside: Inside) -> str:
    """A Contec on its own bridge."""
    await _bridged(inside)
    await inside.until_reading(_CONTEC)
    assert inside.bridge.told == Line(115200), inside.bridge.told
    return "a Contec; the chip was told 115200 8N1"


async def acm(inside: Inside) -> str:
    """A bridge of the standard class: cp210x finds no bulk endpoints in its first part."""
    inside.acm.plug(*CP2102_IDS, "LABACM", "Lab oximeter")
    await asyncio.to_thread(inside.open_acm)
    await inside.until_state(_ACM, _MEASURING)
    node = await node_of("LABACM")
    assert node.startswith("/dev/ttyACM"), node
    await inside.until_reading(_CONTEC, "spo2 88 %")
    inside.acm.unplug()
    await inside.until_state(_ACM, _LOST, reason=Reason.UNPLUGGED)
    return f"read at {node}, and seen to be pulled"


async def wrong_parity(inside: Inside) -> str:
    """The unit behind the bridge speaks 8O1, which is declared of nobody at its speed."""
    await _bridged(inside)
    inside.bridge.speaks = Line(115200, odd=True)
    await inside.until_state(_BRIDGE, InstrumentState.FAULTY)
    _, reason = inside.listener.now(_BRIDGE) or (None, None)
    assert reason in (Reason.GARBLED, Reason.NO_DATA), reason
    inside.bridge.unplug()
    await inside.until_state(_BRIDGE, _LOST)
    return f"the driver says {reason.value}"


async def odd_parity(inside: Inside) -> str:
    """An old Contec, on the bridge that the others have too: its speed and parity have to be found."""
    inside.bridge_unit.leave()
    inside.bridge.speaks = inside.old_unit.LINE
    inside.old_unit.speak_into(inside.bridge.line.fileno())
    inside.bridge.plug(CP2102_IDS[1], "0002")
    await inside.until_state(_ODD, _MEASURING)
    await inside.until_reading(_OLD_CONTEC, "spo2 95 %")
    assert inside.bridge.told == Line(19200, odd=True), inside.bridge.told
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
