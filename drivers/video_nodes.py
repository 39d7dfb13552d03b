"""Which cameras are there, by what USB says of them: node names change at every replug.

Source: Linux Documentation/ABI (sysfs-class-video4linux, sysfs-bus-usb).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.device import CameraMatch, Device
from devices.pictures import BulkCameraMatch
from drivers.usbfs import node_of

SYSFS_VIDEO, SYSFS_USB = Path("/sys/class/video4linux"), Path("/sys/bus/usb/devices")
PROBED_INDEXES = 4


@dataclass(frozen=True, slots=True)
class VideoNode:
    """One camera as it is now. `node` is a path, or an OpenCV index where there is no V4L2.

    `declared`: what it is, where no driver of the system takes it.
    """

    node: str | int
    name: str
    usb_id: tuple[int, int] | None = None
    serial: str = ""
    manufacturer: str = ""
    path: str = ""
    declared: Device | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def stable_id(self) -> str:
        """The same after a replug: `usb:vid:pid:serial`, or the name of a camera that is not USB."""
        if self.usb_id is None:
            return f"name:{self.name}"
        return f"usb:{self.usb_id[0]:04x}:{self.usb_id[1]:04x}:{self.serial}"


def find_cameras(declared: Sequence[Device] = ()) -> list[VideoNode]:
    """Every camera present, in a stable order. Cheap on Linux (reads sysfs, opens no camera).

    `declared`: those that are looked for though no driver of the system takes them.
    """
    if sys.platform == "linux":
        return [*list_sysfs(SYSFS_VIDEO), *list_usb(SYSFS_USB, declared)]
    return _probe_indexes()


def list_sysfs(folder: Path) -> list[VideoNode]:
    """The capture nodes below a `video4linux` class folder; metadata nodes (index above 0) are left out."""
    entries = sorted(folder.glob("video*"), key=_number)
    return [node for entry in entries if (node := _read_entry(entry))]


def list_usb(folder: Path, declared: Sequence[Device]) -> list[VideoNode]:
    """The devices below a `devices` folder of the USB bus that are declared as such cameras."""
    known = {
        ids: device for device in declared if isinstance(device.match, BulkCameraMatch)
        for ids in device.match.usb_ids
    }  # fmt: skip
    return [node for entry in sorted(folder.glob("*")) if (node := _read_usb(entry, known))]


def is_match(node: VideoNode, match: CameraMatch) -> bool:
    """True when the USB id, or a word of the name, is one that the declaration lists."""
    if node.usb_id in match.usb_ids:
        return True
    name = node.name.lower()
    return any(word.lower() in name for word in match.name_words)


def _number(entry: Path) -> int:
    digits = entry.name.removeprefix("video")
    return int(digits) if digits.isdigit() else -1


def _read_entry(entry: Path) -> VideoNode | None:
    if _number(entry) < 0 or _read(entry / "index") not in ("0", ""):
        return None
    name = _read(entry / "name")
    node = f"/dev/{entry.name}"
    device = (entry / "device").resolve().parent
    usb_id = _usb_id(device)
    if usb_id is None:
        return VideoNode(node, name) if name else None
    serial, maker = _read(device / "serial"), _read(device / "manufacturer")
    return VideoNode(node, name, usb_id, serial, maker, device.name)


def _read_usb(entry: Path, known: dict[tuple[int, int], Device]) -> VideoNode | None:
    usb_id = _usb_id(entry)
    device = known.get(usb_id) if usb_id else None
    bus, address = _read(entry / "busnum"), _read(entry / "devnum")
    if device is None or not (bus.isdigit() and address.isdigit()):
        return None
    name = _read(entry / "product") or device.name
    serial, maker = _read(entry / "serial"), _read(entry / "manufacturer")
    return VideoNode(node_of(int(bus), int(address)), name, usb_id, serial, maker, entry.name, device)


def _usb_id(device: Path) -> tuple[int, int] | None:
    try:
        return int(_read(device / "idVendor"), 16), int(_read(device / "idProduct"), 16)
    except ValueError:
        return None


def _read(path: Path) -> str:
    """Empty when there is no such file, or the camera went away while we looked."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _probe_indexes() -> list[VideoNode]:
    """Elsewhere OpenCV names nothing: whatever opens is a camera, found by its position only."""
    import cv2

    found = []
    for index in range(PROBED_INDEXES):
        capture = cv2.VideoCapture(index)
        if capture.isOpened():
            found.append(VideoNode(index, f"camera {index}"))
        capture.release()
    return found
