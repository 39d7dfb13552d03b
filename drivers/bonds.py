"""Whom this machine is paired with, for a technician: an instrument that was reset must be forgotten first.

Linux only. Source: BlueZ D-Bus API, org.bluez.Adapter (RemoveDevice) and org.bluez.Device.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dbus_fast.aio import MessageBus

from devices.device import Device
from drivers.ble_recognition import Recognition
from drivers.bluez_bus import (
    ADAPTER,
    BLUEZ,
    CALL_LIMIT_S,
    DEVICE,
    Properties,
    bluez,
    call,
    name_of,
    objects,
    recognised,
)
from drivers.tasks import bounded


@dataclass(frozen=True, slots=True)
class Bond:
    """`device`: the name of the model it is taken for; empty when it is none of ours."""

    address: str
    name: str
    device: str


async def bonds(devices: Sequence[Device]) -> list[Bond]:
    """By address. DriverError when bluetoothd does not answer."""
    recognition = Recognition(devices)
    async with bluez() as bus:
        paired = (await bounded(_paired(bus), CALL_LIMIT_S)).values()
    return sorted((_bond(recognition, properties) for properties in paired), key=lambda bond: bond.address)


async def forget(address: str) -> bool:
    """False when there is no bond with `address`. DriverError when bluetoothd does not answer, or refuses."""
    async with bluez() as bus:
        for path, properties in (await bounded(_paired(bus), CALL_LIMIT_S)).items():
            if properties["Address"].value.lower() == address.lower():
                adapter = properties["Adapter"].value
                await bounded(call(bus, BLUEZ, adapter, ADAPTER, "RemoveDevice", "o", [path]), CALL_LIMIT_S)
                return True
    return False


def _bond(recognition: Recognition, properties: Properties) -> Bond:
    device = recognised(recognition, properties)
    return Bond(properties["Address"].value, name_of(properties), device.name if device else "")


async def _paired(bus: MessageBus) -> dict[str, Properties]:
    known = {path: interfaces.get(DEVICE) for path, interfaces in (await objects(bus)).items()}
    return {path: seen for path, seen in known.items() if seen and seen["Paired"].value}
