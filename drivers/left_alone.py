"""What somebody who only looks must not take: results that an instrument sends once. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from devices.device import BleMatch, Device, PortMatch
from devices.reading import SHY


def left_alone(devices: Sequence[Device], *, unless: bool = False) -> list[Device]:
    """The same; but without a decoder, and so only recognised, where one may send each result only once.

    Whoever connects to it, or opens its port, takes what it has not sent yet. Where it shares a USB bridge
    with others it keeps its decoder: nobody knows who is there before the port is open, and the others would
    not be found any more. What it sends then is at least understood. `unless`: none is left alone.
    """
    opened = {ids for device in devices if not _sends_once(device) for ids in _bridges(device)}

    def is_left(device: Device) -> bool:
        return not unless and _sends_once(device) and opened.isdisjoint(_bridges(device))

    return [replace(device, decoder=None) if is_left(device) else device for device in devices]


def _sends_once(device: Device) -> bool:
    shy = isinstance(device.match, BleMatch) and not SHY.isdisjoint((device.kind, *device.also))
    return shy or device.sends_once


def _bridges(device: Device) -> tuple[tuple[int, int], ...]:
    return device.match.usb_ids if isinstance(device.match, PortMatch) else ()
