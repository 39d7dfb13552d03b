"""Which of our devices a Bluetooth peripheral is, by what it advertises. Pure."""

from collections.abc import Collection, Sequence

from devices.device import BleMatch, Device


class Recognition:
    """By its service; where a device has names of its own, by one of them as well.

    Names come first, the longer before the shorter, then services of one make, then those that anybody may
    have. A name alone is enough for a device that does not always announce its service.
    """

    def __init__(self, devices: Sequence[Device]) -> None:
        known = [(device, device.match) for device in devices if isinstance(device.match, BleMatch)]
        self._devices = sorted(known, key=lambda pair: (_shortest_name(pair[1]), pair[0].any_make))

    @property
    def devices(self) -> list[Device]:
        return [device for device, _ in self._devices]

    @property
    def services(self) -> list[str] | None:
        """What to scan for; None is everything, where the name of one has to do."""
        if not all(match.announced for _, match in self._devices):
            return None
        return sorted({match.service for _, match in self._devices})

    def device(self, services: Collection[str], name: str) -> Device | None:
        for device, match in self._devices:
            announced = match.service in services or not match.announced
            if announced and (not match.names or name.startswith(match.names)):
                return device
        return None


def _shortest_name(match: BleMatch) -> int:
    """The longer what a name begins with, the sooner: the models of a make have the same beginning."""
    return -min(map(len, match.names), default=0)
