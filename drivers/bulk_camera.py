"""A camera that no driver of the system takes: told to start, then read by bulk transfers."""

import errno
import time
from collections.abc import Callable

import numpy as np

from devices.device import Decoder, Device
from devices.event import Event
from devices.pictures import BulkCameraMatch, Picture, Pressed
from drivers.capture import PATIENCE_S, Shot
from drivers.instrument import DriverError, Reason
from drivers.usbfs import UsbDevice

_ANSWER_S = 1.0
SOONEST_S = 1 / 45  # what comes faster is left out: no such camera does
PRESS_S = 0.3  # one press at a time, however often the contact bounces
_OUT = 0x7F
_REASONS = {errno.EACCES: Reason.PERMISSION, errno.EPERM: Reason.PERMISSION, errno.EBUSY: Reason.PORT_BUSY}


class BulkCamera:
    """A `PictureSource`. Raises DriverError where it cannot be opened or does not take what it is told.

    `pressed` is called in the thread that reads.
    """

    def __init__(self, node: str, device: Device, pressed: Callable[[], None]) -> None:
        self._match, self._decoder = _declared(device)
        self._pressed = pressed
        self._shown_s = self._pressed_s = 0.0
        try:
            self._device = UsbDevice(node)
        except OSError as error:
            raise _refusal(error) from error
        try:
            self._start()
        except OSError as error:
            self._device.close()
            raise _refusal(error) from error

    def next(self) -> Shot | None:
        match = self._match
        try:
            transfer = self._device.read(match.picture_endpoint, match.transfer_bytes, PATIENCE_S)
        except OSError as error:
            raise EOFError from error
        shots = [self._take(event) for event in self._decoder.feed(transfer)] if transfer else []
        return next((shot for shot in reversed(shots) if shot), None)

    def close(self) -> None:
        self._device.close()

    def _start(self) -> None:
        for interface, setting in self._match.interfaces:
            self._device.claim(interface, setting)
        self._device.clear_halt(self._match.picture_endpoint & _OUT)
        for endpoint, command in self._match.start:
            self._device.write(endpoint, command, _ANSWER_S)

    def _take(self, event: Event) -> Shot | None:
        now_s = time.monotonic()
        if isinstance(event, Pressed) and now_s - self._pressed_s >= PRESS_S:
            self._pressed_s = now_s
            self._pressed()
        if isinstance(event, Picture) and now_s - self._shown_s >= SOONEST_S:
            self._shown_s = now_s
            return _shot(event, now_s)
        return None


def _declared(device: Device) -> tuple[BulkCameraMatch, Decoder]:
    if not isinstance(device.match, BulkCameraMatch) or device.decoder is None:
        raise TypeError(f"{device.key} is no such camera")
    return device.match, device.decoder()


def _shot(event: Picture, captured_s: float) -> Shot | None:
    import cv2

    as_it_comes = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(event.jpeg, np.uint8), as_it_comes)
    return None if picture is None else Shot(np.asarray(picture, np.uint8), captured_s)


def _refusal(error: OSError) -> DriverError:
    return DriverError(_REASONS.get(error.errno or 0, Reason.NO_DATA), str(error))
