"""Which of our devices a Bluetooth peripheral is, by what it advertises. Pure."""

from collections.abc import Collection, Sequence

from devices.device import BleMatch, Device


class Recognition:
    """By its service; where a device has names of its own, by one of them as well, and these come first."""

    def __init__(self, devices: Sequence[Device]) -> None:
        known = [(device, device.match) for device in devices if isinstance(device.match, BleMatch)]
        self._devices = sorted(known, key=lambda pair: not pair[1].names)  # names of their own come first

    @property
    def devices(self) -> list[Device]:
        return [device for device, _ in self._devices]

    @property
    def services(self) -> list[str]:
        return sorted({match.service for _, match in self._devices})

    def device(self, services: Collection[str], name: str) -> Device | None:
        for device, match in self._devices:
            if match.service in services and (not match.names or name.startswith(match.names)):
                return device
        return None
