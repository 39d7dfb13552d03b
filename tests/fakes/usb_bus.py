"""A USB bus for tests: plug ptys and cameras so that unmodified libraries find them.

It rebuilds `/dev`, `/sys/class` and `/sys/bus` as tmpfs in a private mount namespace (see `private.sh`), so
that nothing reaches the real machine and everything vanishes with the last process. They keep every real
entry but USB devices; sockets under /run and /tmp are untouched. Run as a script, it prepares the namespace
once.
All functions are stateless: any process of the namespace may plug or unplug.
"""

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HINT = "not in a private mount namespace: run this through tests/fakes/private.sh COMMAND..."

_DEV = Path("/dev")
_CLASSES = Path("/sys/class")
_BUSES = Path("/sys/bus")
_TREE = _DEV / ".usb_bus"
_INPUT = _DEV / "input"
_USB_DEVICES, _USB_NODES = _BUSES / "usb" / "devices", _DEV / "bus" / "usb"
_BUS_NUMBER = 1
_REBUILT_CLASSES = ("tty", "video4linux", "hidraw", "input")
_MS_BIND, _MS_REC, _MS_MOVE, _MNT_DETACH = 0x1000, 0x4000, 0x2000, 2
_MS_REMOUNT, _MS_NODEV = 0x20, 4
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class UsbIds:
    """What a USB device says of itself in its descriptors."""

    vid: int
    pid: int
    serial: str
    product: str = ""
    manufacturer: str = ""


CP2102 = UsbIds(0x10C4, 0xEA60, "0001", "CP2102 USB to UART Bridge Controller", "Silicon Labs")


def in_private_namespace() -> bool:
    """True when `/dev` is ours to change."""
    return _TREE.is_dir()


def require_private_namespace() -> None:
    """Raise RuntimeError with one plain sentence when not inside."""
    if not in_private_namespace():
        raise RuntimeError(HINT)


def prepare() -> None:
    """Rebuild the three. Only for a fresh private mount namespace; OSError when forbidden."""
    if in_private_namespace():
        return
    _rebuild(_BUSES, _fill_buses)
    _rebuild(_CLASSES, _fill_classes)
    _rebuild(_DEV, _fill_dev)


def plug(name: str, node: str, ids: UsbIds = CP2102) -> None:
    """Make `node` (a pty's slave) appear as the USB serial port `/dev/NAME`, for example ttyUSB0."""
    require_private_namespace()
    interface = _usb_device(name, ids)
    port = interface / name
    port.mkdir()
    (port / "subsystem").symlink_to(_TREE / "bus" / "usb-serial")
    _class_entry("tty", name, port)
    _bind_node(node, _DEV / name)


def unplug(name: str) -> None:
    """Take the serial port away. The pty's owner closes its master, as a cable pulled out does."""
    _remove("tty", name)


def plug_hid(name: str, node: str, ids: UsbIds, bus: int = 0x03) -> None:
    """Make `node` (a pty's slave, for its reads and writes are those of reports) appear as `/dev/NAME`.

    `bus`: as linux/input.h counts them; 5 is Bluetooth.
    """
    require_private_namespace()
    device = _usb_device(name, ids) / f"0003:{ids.vid:04X}:{ids.pid:04X}.0001"
    device.mkdir()
    said = (
        f"HID_ID={bus:04X}:{ids.vid:08X}:{ids.pid:08X}",
        f"HID_NAME={ids.product}",
        f"HID_UNIQ={ids.serial}",
    )
    (device / "uevent").write_text("\n".join((*said, f"HID_PHYS=usb-{name}/input0", "")))
    _class_entry("hidraw", name, device)
    _bind_node(node, _DEV / name)


def unplug_hid(name: str) -> None:
    """Take it away, as `unplug` does."""
    _remove("hidraw", name)


def plug_camera(index: int, name: str, vid: int, pid: int, serial: str) -> None:
    """Make a V4L2 camera appear as `/dev/videoN`; whoever plays it answers for the node's content."""
    require_private_namespace()
    node = f"video{index}"
    interface = _usb_device(node, UsbIds(vid, pid, serial, product=name))
    entry = _class_entry("video4linux", node, interface)
    (entry / "name").write_text(f"{name}\n")
    (entry / "index").write_text("0\n")
    _bind_node("/dev/null", _DEV / node)


def unplug_camera(index: int) -> None:
    """Take the camera away."""
    _remove("video4linux", f"video{index}")


def plug_button(index: int, node: str) -> None:
    """The camera `/dev/videoN` has a button: `node` (a FIFO) gives what its input device reports."""
    require_private_namespace()
    device = _usb_interface(f"video{index}") / "input" / f"input{index}"
    device.mkdir(parents=True)
    _class_entry("input", f"event{index}", device)
    _bind_node(node, _INPUT / f"event{index}")


def unplug_button(index: int) -> None:
    """Before its camera is taken away."""
    require_private_namespace()
    _unbind_node(_INPUT / f"event{index}")
    shutil.rmtree(_CLASSES / "input" / f"event{index}")
    shutil.rmtree(_usb_interface(f"video{index}") / "input")


def plug_device(port: int, address: int, ids: UsbIds) -> None:
    """A device that no driver takes, at a port of the bus; whoever plays it answers for its node."""
    require_private_namespace()
    device = _usb_device(f"port{port}", ids).parent
    (device / "busnum").write_text(f"{_BUS_NUMBER}\n")
    (device / "devnum").write_text(f"{address}\n")
    (_USB_DEVICES / f"1-{port}").symlink_to(device)
    _usb_node(address).parent.mkdir(exist_ok=True)
    _bind_node("/dev/null", _usb_node(address))


def forbid_device(address: int) -> None:
    """Nobody may open its node, not even root, until it is plugged in again."""
    _mount("none", _usb_node(address), flags=_MS_REMOUNT | _MS_BIND | _MS_NODEV)


def unplug_device(port: int, address: int) -> None:
    """Take it away."""
    require_private_namespace()
    _unbind_node(_usb_node(address))
    (_USB_DEVICES / f"1-{port}").unlink()
    shutil.rmtree(_usb_interface(f"port{port}").parent)


def _usb_node(address: int) -> Path:
    return _USB_NODES / f"{_BUS_NUMBER:03}" / f"{address:03}"


def _rebuild(target: Path, fill: Callable[[Path, Path], None]) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=f"usb-bus-{target.name}-"))
    _mount("none", scratch, "tmpfs", data="mode=0755")
    fill(target, scratch)
    _mount(str(scratch), target, flags=_MS_MOVE)
    scratch.rmdir()


def _fill_classes(real: Path, fresh: Path) -> None:
    for entry in real.iterdir():
        if entry.is_symlink():
            _copy_link(entry, fresh / entry.name)
        elif entry.name not in _REBUILT_CLASSES:
            _bind(entry, fresh / entry.name)
    for name in _REBUILT_CLASSES:
        (fresh / name).mkdir()
        for link in (real / name).iterdir() if (real / name).is_dir() else ():
            if link.is_symlink():
                _copy_link(link, fresh / name / link.name)


def _fill_buses(real: Path, fresh: Path) -> None:
    for entry in real.iterdir():
        if entry.name != "usb":
            _bind(entry, fresh / entry.name)
    (fresh / _USB_DEVICES.relative_to(_BUSES)).mkdir(parents=True)


def _fill_dev(real: Path, fresh: Path) -> None:
    host = fresh / ".host"
    _bind(real, host)
    for entry in host.iterdir():
        if entry.is_symlink():
            _copy_link(entry, fresh / entry.name)
        elif entry.name == "ptmx":
            # The kernel looks for `pts` beside the node that was opened: only the whole old tree has it.
            (fresh / "ptmx").symlink_to(".host/ptmx")
        elif entry.name not in (_INPUT.name, _USB_NODES.parent.name):
            _bind(entry, fresh / entry.name)
    (fresh / _USB_NODES.relative_to(_DEV)).mkdir(parents=True)
    _fill_input(host / _INPUT.name, fresh / _INPUT.name)
    (fresh / ".usb_bus" / "bus" / "usb-serial").mkdir(parents=True)
    (fresh / ".usb_bus" / "bus" / "usb").mkdir()


def _fill_input(real: Path, fresh: Path) -> None:
    """A folder of its own: a node that is plugged there must not reach the real one."""
    fresh.mkdir()
    for entry in real.iterdir() if real.is_dir() else ():
        if entry.is_symlink():
            _copy_link(entry, fresh / entry.name)
        else:
            _bind(entry, fresh / entry.name)


def _usb_interface(name: str) -> Path:
    return _TREE / "devices" / f"1-{name}" / f"1-{name}:1.0"


def _usb_device(name: str, ids: UsbIds) -> Path:
    """The sysfs folders of a USB device with one interface, laid out as the kernel does."""
    interface = _usb_interface(name)
    device = interface.parent
    interface.mkdir(parents=True)
    facts = {
        "idVendor": f"{ids.vid:04x}",
        "idProduct": f"{ids.pid:04x}",
        "serial": ids.serial,
        "product": ids.product,
        "manufacturer": ids.manufacturer,
        "bNumInterfaces": " 1",
    }
    for key, value in facts.items():
        (device / key).write_text(f"{value}\n")
    (device / "subsystem").symlink_to(_TREE / "bus" / "usb")
    (interface / "subsystem").symlink_to(_TREE / "bus" / "usb")
    return interface


def _class_entry(kind: str, name: str, device: Path) -> Path:
    entry = _CLASSES / kind / name
    entry.mkdir()
    (entry / "device").symlink_to(device)
    return entry


def _remove(kind: str, name: str) -> None:
    require_private_namespace()
    _unbind_node(_DEV / name)
    shutil.rmtree(_CLASSES / kind / name)
    shutil.rmtree(_TREE / "devices" / f"1-{name}")


def _bind_node(source: str, target: Path) -> None:
    target.touch()
    _mount(source, target, flags=_MS_BIND)


def _unbind_node(target: Path) -> None:
    _check(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"umount {target}")
    target.unlink()


def _bind(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    _mount(str(source), target, flags=_MS_BIND | _MS_REC)


def _copy_link(source: Path, target: Path) -> None:
    target.symlink_to(source.readlink())


def _mount(source: str, target: Path, kind: str = "none", flags: int = 0, data: str = "") -> None:
    status = _libc.mount(os.fsencode(source), os.fsencode(target), kind.encode(), flags, data.encode())
    _check(status, f"mount {source} on {target}")


def _check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    try:
        prepare()
    except OSError as problem:
        sys.exit(f"The private /dev could not be built ({problem}): run the command with sudo.")
