"""Which camera and which sound input serve for what: the settings say it, or the technician.

What the technician has chosen lies in a file of the data folder, so that the settings stay the site's own.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from drivers.identity import is_well_formed
from kiosk.config import Config
from kiosk.data_dir import parts_file
from kiosk.devices_config import DevicesConfig

log = logging.getLogger(__name__)


class Role(StrEnum):
    """The names are those of the section [devices]."""

    FACE_CAMERA = "face_camera"
    OTOSCOPE = "otoscope"
    MICROPHONE = "microphone"
    STETHOSCOPE = "stethoscope"


# "": not the part that the settings name, for it serves another purpose; the first that fits.
Choices = Mapping[Role, str]


def kept_choices(file: Path) -> Choices:
    """Nothing when there is no such file. One that cannot be read stays, and the log says so."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        choices = {Role(role): str(chosen) for role, chosen in dict(told).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        log.error("the technician's choice of cameras and microphones cannot be read: %s", error)
        return {}
    return {role: chosen for role, chosen in choices.items() if not chosen or is_well_formed(chosen)}


def chosen_devices(settings: DevicesConfig, choices: Choices) -> DevicesConfig:
    """The settings, with what the technician has chosen in their place."""
    changes: dict[str, Any] = {role.value: chosen for role, chosen in choices.items()}
    return replace(settings, **changes)


def chosen_parts(devices: DevicesConfig) -> dict[Role, str]:
    """What the site or its technician has named; a board that streams, where no other stethoscope is."""
    named = {role: chosen for role in Role if (chosen := getattr(devices, role.value))}
    board = devices.stethoscope_stream
    return {Role.STETHOSCOPE: board, **named} if board else named


def with_choices(config: Config) -> Config:
    """The settings of a kiosk, as its technician has left them."""
    return replace(config, devices=chosen_devices(config.devices, kept_choices(parts_file(config))))
