"""The udev rules are those of the catalogue."""

import re

from devices.catalog import devices
from devices.device import BleMatch, PcmMatch
from tests.installer.scripts import load

udev = load("udev")


def written() -> str:
    text: str = udev.RULES_FILE.read_text(encoding="utf-8")
    return text


def test_the_file_is_that_of_the_catalogue() -> None:
    assert written() == udev.rules(), "run: python packaging/udev.py --write"


def test_every_usb_id_of_the_catalogue_has_its_rules() -> None:
    plugged = (d.match for d in devices() if not isinstance(d.match, BleMatch | PcmMatch))
    wanted = {ids for match in plugged for ids in match.usb_ids}
    assert wanted
    for vendor, product in wanted:
        unit = rf'\{{idVendor\}}=="{vendor:04x}", ATTRS?\{{idProduct\}}=="{product:04x}"'
        lines = [line for line in written().splitlines() if re.search(unit, line)]
        assert any('ENV{ID_MM_DEVICE_IGNORE}="1"' in line for line in lines), (vendor, product)
        assert any(re.search(r'GROUP="(dialout|video|audio)", MODE="0660"', line) for line in lines)


def test_every_line_is_a_comment_or_ends_in_an_assignment() -> None:
    for line in filter(None, written().splitlines()):
        assert line.startswith("#") or re.search(r'[^=!]="[^"]*"$', line), line
