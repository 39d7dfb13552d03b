"""A "supercamera" with the descriptors of a real one.

Source: hbens/geek-szitman-supercamera, supercamera.descriptors.
"""

import os
import struct
import threading

from tests.fakes.pictures import Image, ear_canal, encode_jpeg
from tests.fakes.useeplus import ACCESSORY_ENDPOINT, COMMAND_ENDPOINT, PICTURE_ENDPOINT, Ears, packets
from tests.lab.gadgetfs import GadgetFsDevice

IDS, SERIAL_NUMBER = (0x2CE3, 0x3828), "LABSCOPE"
_ADDRESSES = (0x82, ACCESSORY_ENDPOINT, PICTURE_ENDPOINT, COMMAND_ENDPOINT)
_RATE_HZ, _SEEN = 5, (0, 30)  # an emulated machine is slow
_SPEEDS = (64, 512)  # full and high


class Supercamera:
    """`stalled`: it is there and sends nothing. `seen`: what it shows in turns. `sent`: pictures."""

    def __init__(self) -> None:
        self.ears = Ears()
        self.seen: list[Image] = [ear_canal(index) for index in _SEEN]
        self._jpegs = [encode_jpeg(image) for image in self.seen]
        self.stalled = self.pressed = False
        self.sent = 0
        self._device: GadgetFsDevice | None = None

    def plug(self) -> None:
        self.ears = Ears()
        endpoints = {each: (_endpoint(each, _SPEEDS[0]), _endpoint(each, _SPEEDS[1])) for each in _ADDRESSES}
        self._device = GadgetFsDevice(
            b"".join(map(_configuration, _SPEEDS)) + _device(), endpoints,
            ("Geek szitman", "supercamera", SERIAL_NUMBER, "iAP Interface", "com.useeplus.protocol"),
            self._configured, self.ears.select,
        )  # fmt: skip

    def unplug(self) -> None:
        if self._device is not None:
            self._device.unplug()
            self._device = None

    def _configured(self, device: GadgetFsDevice, files: dict[int, int]) -> None:
        for address in (ACCESSORY_ENDPOINT, COMMAND_ENDPOINT):
            device.work(self._listen, address, files[address])
        device.work(self._show, files[PICTURE_ENDPOINT], device.pulled)

    def _listen(self, address: int, file: int) -> None:
        while True:
            try:
                self.ears.hear(address, os.read(file, 512))
            except OSError:  # pulled
                return

    def _show(self, file: int, pulled: threading.Event) -> None:
        while not pulled.wait(1 / _RATE_HZ):
            if self.stalled or not self.ears.streaming:
                continue
            self.sent += 1
            try:
                for packet in packets(self._jpegs[self.sent % len(_SEEN)], self.sent, self.pressed):
                    os.write(file, packet)
            except OSError:  # pulled
                return


def _device() -> bytes:
    return struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 239, 2, 1, 64, *IDS, 0x0100, 1, 2, 3, 1)


def _configuration(size: int) -> bytes:
    body = (
        _interface(0, 0, 2, 4) + _endpoint(0x82, size) + _endpoint(ACCESSORY_ENDPOINT, size)
        + _interface(1, 0, 0, 5)
        + _interface(1, 1, 2, 5) + _endpoint(PICTURE_ENDPOINT, size) + _endpoint(COMMAND_ENDPOINT, size)
    )  # fmt: skip
    return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), 2, 1, 0, 0x80, 50) + body


def _interface(number: int, setting: int, endpoints: int, name: int) -> bytes:
    return struct.pack("<BBBBBBBBB", 9, 4, number, setting, endpoints, 0xFF, 0xF0, number, name)


def _endpoint(address: int, size: int) -> bytes:
    return struct.pack("<BBBBHB", 7, 5, address, 2, size, 0)
