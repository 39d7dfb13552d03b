"""The stethoscope board that the settings name."""

from dataclasses import replace

from devices.catalog import by_key
from devices.device import Device, PcmMatch
from drivers.board import Board
from kiosk.devices_config import DevicesConfig


def uses_board(config: DevicesConfig) -> bool:
    """Not where a technician has chosen a sound input in its place."""
    chosen, stream = config.stethoscope, config.stethoscope_stream
    return bool(stream) and chosen in ("", f"name:{stream}")


def board_device(config: DevicesConfig) -> Device:
    """The declaration of its kind."""
    return by_key()["ble_stethoscope" if config.board_address else "serial_stethoscope"]


def make_board(config: DevicesConfig) -> Board | None:
    """Its libraries load only where one is named."""
    if not config.stethoscope_stream:
        return None
    device = board_device(config)
    assert isinstance(device.match, PcmMatch)  # both are
    pcm = replace(
        device.match,
        rate_hz=config.stethoscope_rate_hz,
        baud=config.stethoscope_baud,
        characteristic=config.stethoscope_characteristic,
    )
    if config.board_address:
        from drivers.ble_board import BleBoard

        return BleBoard(device, config.stethoscope_stream, pcm)
    from drivers.serial_board import SerialBoard

    return SerialBoard(device, config.stethoscope_stream, pcm)
