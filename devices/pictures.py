"""Cameras that no driver of the system takes: how one is declared, and what its decoder says. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """One whole JPEG, as the camera made it. What it says of its size is checked, what it shows is not."""

    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button of the camera went down."""


@dataclass(frozen=True, slots=True)
class BulkCameraMatch:
    """A USB camera that sends its pictures on a bulk endpoint: by USB id.

    `interfaces`: what is claimed, each with the alternate setting that is chosen. `start`: all that is ever
    written to it, each to its endpoint. `picture_endpoint` is read by transfers of at most `transfer_bytes`;
    its decoder is given each transfer as a whole.
    """

    usb_ids: tuple[tuple[int, int], ...]
    interfaces: tuple[tuple[int, int], ...]
    start: tuple[tuple[int, bytes], ...]
    picture_endpoint: int
    transfer_bytes: int
