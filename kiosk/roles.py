"""The four parts that are chosen among what is plugged in, and who is plugged in."""

from collections.abc import Mapping
from dataclasses import dataclass

from devices.catalog import devices
from devices.device import AudioMatch, CameraMatch, Device
from devices.pictures import BulkCameraMatch
from drivers.audio import board_role, stethoscope_role, voice_role
from drivers.camera import face_role, otoscope_role
from drivers.identity import Unit
from kiosk.boards import board_device, uses_board
from kiosk.devices_config import DevicesConfig


class Roles:
    """As the settings name them. What they do not name is recognised by the catalogue."""

    def __init__(self, config: DevicesConfig) -> None:
        camera, sound = _only(CameraMatch), _only(AudioMatch)
        face, ear, voice, heart = (
            config.face_camera, config.otoscope, config.microphone, config.stethoscope,
        )  # fmt: skip
        declared = tuple(device for device in devices() if isinstance(device.match, BulkCameraMatch))
        self.face = face_role(camera, face, ear, declared)
        self.otoscope = otoscope_role(camera, ear, face, declared)
        self.voice = voice_role(sound, voice, heart)
        self.from_board = uses_board(config)
        self.stethoscope = (
            board_role(board_device(config)) if self.from_board else stethoscope_role(sound, heart, voice)
        )


@dataclass(frozen=True, slots=True)
class PluggedIn:
    """`taken`: what serves for what, by the names of the section [devices]; None where nothing fits.

    `boards`: beside `sounds`, for the stethoscope alone.
    """

    cameras: tuple[Unit, ...]
    sounds: tuple[Unit, ...]
    boards: tuple[Unit, ...]
    taken: Mapping[str, Unit | None]

    def units(self, role: str) -> tuple[Unit, ...]:
        """Those among which this role may choose."""
        if role in ("face_camera", "otoscope"):
            return self.cameras
        return (*self.boards, *self.sounds) if role == "stethoscope" else self.sounds

    def used(self, role: str) -> Unit | None:
        return self.taken[role]


def _only(match: type) -> Device:
    """The one catalogued device with this kind of match; UVC cameras and sound have one each."""
    return next(device for device in devices() if isinstance(device.match, match))
