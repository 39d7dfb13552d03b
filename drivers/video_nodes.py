"""Which cameras are there, by what USB says of them: node names change at every replug.

Source: Linux Documentation/ABI (sysfs-class-video4linux, sysfs-bus-usb).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from devices.device import CameraMatch

SYSFS_VIDEO = Path("/sys/class/video4linux")
PROBED_INDEXES = 4


@dataclass(frozen=True, slots=True)
class VideoNode:
    """One camera as it is now. `node` is a path, or an OpenCV index where there is no V4L2."""

    node: str | int
    name: str
    usb_id: tuple[int, int] | None = None
    serial: str = ""
    manufacturer: str = ""
    path: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def stable_id(self) -> str:
        """The same after a replug: `usb:vid:pid:serial`, or the name of a camera that is not USB."""
        if self.usb_id is None:
            return f"name:{self.name}"
        return f"usb:{self.usb_id[0]:04x}:{self.usb_id[1]:04x}:{self.serial}"


def find_cameras() -> list[VideoNode]:
    """Every camera present, in a stable order. Cheap on Linux (reads sysfs, opens no camera)."""
    if sys.platform == "linux":
        return list_sysfs(SYSFS_VIDEO)
    return _probe_indexes()


def list_sysfs(folder: Path) -> list[VideoNode]:
    """The capture nodes below a `video4linux` class folder; metadata nodes (index above 0) are left out."""
    entries = sorted(folder.glob("video*"), key=_number)
    return [node for entry in entries if (node := _read_entry(entry))]


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
