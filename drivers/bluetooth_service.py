"""The Bluetooth service itself: is it there, is it switched on, and does it let us pair.

bleak's callbacks stay silent when bluetoothd dies, so somebody has to look. On Linux only: elsewhere
the operating system's own errors reach us through bleak.
"""

import sys
from typing import Protocol

from drivers.ble_recognition import Recognition
from drivers.instrument import DriverError, Reason


class BluetoothService(Protocol):
    """What the Bluetooth driver asks of the system."""

    async def check(self) -> None:
        """Return when usable and unchanged since the last check. DriverError: BLUETOOTH_OFF or _MISSING."""
        ...

    async def close(self) -> None: ...


class UncheckedService:
    """A system whose Bluetooth service reports its own end."""

    async def check(self) -> None:
        return None

    async def close(self) -> None:
        return None


def bluetooth_service(recognition: Recognition) -> BluetoothService:
    """The one of this platform. `recognition` tells our instruments from the neighbours' things."""
    if sys.platform != "linux":
        return UncheckedService()
    try:
        from drivers.bluez_service import BluezService
    except ImportError as error:
        raise DriverError(Reason.BLUETOOTH_MISSING, str(error)) from error
    return BluezService(recognition)
