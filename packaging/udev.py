"""Makes 60-telecabine.rules from the device catalogue: `python packaging/udev.py --write`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from devices.catalog import devices  # noqa: E402
from devices.device import AudioMatch, BleMatch, CameraMatch, Device, HidMatch, PcmMatch, SerialMatch
from devices.pictures import BulkCameraMatch  # noqa: E402

RULES_FILE = Path(__file__).with_name("60-telecabine.rules")
HEADER = """\
# The USB instruments of the device catalogue. Made by packaging/udev.py: do not edit.
# Bluetooth instruments, and cameras and microphones known by a word in their name, need no rule.

# The button of a camera: the kiosk reads it as it reads the picture.
ACTION!="remove", SUBSYSTEM=="input", KERNEL=="event*", DRIVERS=="uvcvideo", GROUP="video", MODE="0660"
"""
# What the kernel calls the node of each kind of instrument, and the group that Debian gives it.
NODES = {
    SerialMatch: ("tty", "dialout"),
    HidMatch: ("hidraw", "dialout"),
    CameraMatch: ("video4linux", "video"),
    BulkCameraMatch: ("usb", "video"),
    AudioMatch: ("sound", "audio"),
}


def usb_ids(device: Device) -> tuple[tuple[int, int], ...]:
    """Vendor and product ids that the declaration names."""
    return () if isinstance(device.match, BleMatch | PcmMatch) else device.match.usb_ids


def rules() -> str:
    """The whole file."""
    return HEADER + "".join(f"\n{line}" for device in devices() for line in _device_rules(device)) + "\n"


def _device_rules(device: Device) -> Iterator[str]:
    ids = usb_ids(device)
    if not ids:
        return
    subsystem, group = NODES[type(device.match)]
    node_is = 'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device"' if subsystem == "usb" else f'SUBSYSTEM=="{subsystem}"'
    yield f"# {device.key}"
    for vendor, product in ids:
        unit = f'{{idVendor}}=="{vendor:04x}", ATTR{{idProduct}}=="{product:04x}"'
        # ModemManager must not probe the instrument; a sleeping port loses its first frames.
        yield (
            f'ACTION!="remove", SUBSYSTEM=="usb", ENV{{DEVTYPE}}=="usb_device", ATTR{unit}, '
            f'ENV{{ID_MM_DEVICE_IGNORE}}="1", TEST=="power/control", ATTR{{power/control}}="on"'
        )
        node = unit.replace("ATTR", "ATTRS")
        ignore = ', ENV{ID_MM_PORT_IGNORE}="1"' if subsystem == "tty" else ""
        yield f'ACTION!="remove", {node_is}, ATTRS{node}, GROUP="{group}", MODE="0660"{ignore}'
    yield ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help=f"write {RULES_FILE.name} instead of printing it"
    )
    if parser.parse_args().write:
        RULES_FILE.write_text(rules(), encoding="utf-8")
    else:
        sys.stdout.write(rules())
    return 0


if __name__ == "__main__":
    sys.exit(main())
