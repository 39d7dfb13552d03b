"""What bleak and D-Bus raise, as reasons."""

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)

from drivers.instrument import DriverError, Reason

_UNPAIRED_CODES = (
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
)
_NO_DAEMON = ("ServiceUnknown", "NameHasNoOwner", "Disconnected", "NoServer")


def reason_of(error: Exception) -> Reason:
    """The reason behind an exception of bleak, dbus-fast or the socket under it."""
    if isinstance(error, DriverError):
        return error.reason
    if isinstance(error, BleakBluetoothNotAvailableError):
        off = error.reason is BleakBluetoothNotAvailableReason.POWERED_OFF
        return Reason.BLUETOOTH_OFF if off else Reason.BLUETOOTH_MISSING
    if needs_pairing(error):
        return Reason.PAIRING_REFUSED
    if isinstance(error, BleakDBusError):
        return _dbus_reason(error.dbus_error.rpartition(".")[2])
    if isinstance(error, BleakError | TimeoutError):
        return Reason.TIMEOUT
    return Reason.BLUETOOTH_MISSING


def needs_pairing(error: Exception) -> bool:
    """True when the peripheral wants a bond before it answers, or refused one."""
    if isinstance(error, BleakGATTProtocolError):
        return error.code in _UNPAIRED_CODES
    if isinstance(error, BleakDBusError):
        name = error.dbus_error.rpartition(".")[2]
        return name in ("NotAuthorized", "NotPermitted") or name.startswith("Authentication")
    return False


def _dbus_reason(name: str) -> Reason:
    if name == "NotReady":
        return Reason.BLUETOOTH_OFF
    return Reason.BLUETOOTH_MISSING if name in _NO_DAEMON else Reason.TIMEOUT
