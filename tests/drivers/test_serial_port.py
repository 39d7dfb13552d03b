"""Finding ports, and what pyserial's errors mean."""

import errno

import pytest
import serial

from devices.catalog.contec_cms50_v7 import DEVICE
from devices.device import SerialMatch
from drivers.instrument import DriverError, Reason
from drivers.port import reason_of
from drivers.serial_port import SerialPort, find_ports
from tests.fakes import usb_bus
from tests.fakes.contec_pty import ContecSpeaker


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (serial.SerialException(errno.EACCES, "could not open port"), Reason.PERMISSION),
        (serial.SerialException(errno.EAGAIN, "could not exclusively lock port"), Reason.PORT_BUSY),
        (serial.SerialException(errno.EBUSY, "could not open port"), Reason.PORT_BUSY),
        (serial.SerialException(errno.ENOENT, "could not open port"), Reason.UNPLUGGED),
        (serial.SerialException("device reports readiness to read but returned no data"), Reason.UNPLUGGED),
        (PermissionError(errno.EPERM, "no"), Reason.PERMISSION),
        (OSError(errno.EIO, "Input/output error"), Reason.UNPLUGGED),
    ],
)
def test_what_an_error_means(error: Exception, reason: Reason) -> None:
    assert reason_of(error) is reason


def test_two_bridges_with_the_same_factory_serial_number_are_told_apart() -> None:
    usb_bus.require_private_namespace()
    one, two = ContecSpeaker(), ContecSpeaker()
    one.plug("ttyUSB0")
    two.plug("ttyUSB7")
    try:
        ports = find_ports((DEVICE,))
    finally:
        one.close()
        two.close()
    assert {port.node for port in ports} == {"/dev/ttyUSB0", "/dev/ttyUSB7"}
    assert len({port.id for port in ports}) == 2
    assert find_ports((DEVICE,)) == ()


async def test_a_port_that_is_not_there() -> None:
    assert isinstance(DEVICE.match, SerialMatch)
    port = SerialPort("/dev/ttyUSB99", DEVICE.match)
    with pytest.raises(DriverError) as caught:
        await port.open()
    assert caught.value.reason is Reason.UNPLUGGED
    await port.close()
