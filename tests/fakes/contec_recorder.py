"""Contecs that hand over what they have recorded: a V7 unit and one with the old protocol, and their faults.

Written independently of `devices/`. Recordings are lists of SpO2 and pulse rate, one pair a second; None is
written as the units write "no value".
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.fakes import frames, usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import SerialUnit

Second = tuple[int | None, int | None]


@dataclass
class Recorded:
    """`announced_s`: how long the unit says that it is, where that is a lie."""

    seconds: Sequence[Second]
    began: datetime | None = None
    announced_s: int | None = None

    @property
    def length_s(self) -> int:
        return len(self.seconds) if self.announced_s is None else self.announced_s


@dataclass
class Faults:
    """Of the data: it breaks off after so many bytes, one byte there is lost, or it goes on after its end."""

    breaks_off_at: int | None = None
    loses_at: int | None = None
    goes_on: bool = False

    def of(self, data: bytes) -> bytes:
        if self.loses_at is not None:
            data = data[: self.loses_at] + data[self.loses_at + 1 :]
        if self.goes_on:
            data += data[-240:] * 20
        return data[: self.breaks_off_at]


class ContecRecorder(ContecSpeaker):
    """A CMS50D+ V7 with a memory. `forbidden`: what it was told that none may tell it."""

    _BYTES_A_TICK = 192  # 115200 baud

    def __init__(self, *recordings: Recorded, ids: usb_bus.UsbIds = usb_bus.CP2102) -> None:
        super().__init__(ids)
        self.recordings = list(recordings)
        self.faults = Faults()
        self.answers = True
        self.with_index = False
        self.forbidden: list[bytes] = []
        self._data = b""

    @property
    def is_handing_over(self) -> bool:
        return bool(self._data)

    def _command(self, command: bytes) -> None:
        super()._command(command)
        if self.answers:
            self._reply(command[2], command[3] & 0x7F, command[4] & 0x7F)

    def _reply(self, opcode: int, user: int, segment: int) -> None:
        match opcode:
            case 0xA2 | 0xA7:
                self._data = b""
                self._say(0x0C, b"")
            case 0xA3:
                self._say(0x0A, bytes((0, len(self.recordings))))
            case 0xA4:
                size = self.recordings[segment].length_s * (4 if self.with_index else 2)
                self._say(0x08, bytes((user, segment)) + size.to_bytes(4, "little"))
            case 0xA5:
                self._began(user, segment, self.recordings[segment].began)
            case 0xA6:
                self._hand_over(self.recordings[segment])
            case 0xA1 | 0xAF:
                pass
            case _:
                self.forbidden.append(bytes((opcode, user, segment)))

    def _began(self, user: int, segment: int, began: datetime | None) -> None:
        """A unit without a clock sends zeros."""
        at = began.timetuple()[:6] if began else (0,) * 6
        date = (*divmod(at[0], 100), *at[1:3])
        self._say(0x07, bytes((user, segment, *date)))
        self._say(0x12, bytes((user, segment, *at[3:], 0)))

    def _hand_over(self, recorded: Recorded) -> None:
        self._data = self.faults.of(b"".join(self._packets(recorded.seconds)))

    def _packets(self, seconds: Sequence[Second]) -> list[bytes]:
        raw = [bytes((spo2 or 0x7F, pulse or 0xFF)) for spo2, pulse in seconds]
        if self.with_index:
            return [frames.contec_v7_packet(0x09, pair + b"\x4e\x02") for pair in raw]
        filled = b"".join(raw) + bytes(-2 * len(raw) % 6)
        return [frames.contec_v7_packet(0x0F, filled[at : at + 6]) for at in range(0, len(filled), 6)]

    def _say(self, kind: int, data: bytes) -> None:
        os.write(self._master, frames.contec_v7_packet(kind, data))

    def _stream(self) -> None:
        if not self._data:
            super()._stream()
            return
        try:
            sent = os.write(self._master, self._data[: self._BYTES_A_TICK])
        except BlockingIOError:
            return
        self._data = self._data[sent:]


class OldContec(SerialUnit):
    """A CMS50D+ with the old protocol: live until it is asked, silent once its recording was handed over."""

    LINE = Line(19200, odd=True)
    _BYTES_A_TICK = 240  # eight times as fast as the line: a night in some seconds

    def __init__(self, recorded: Recorded, ids: usb_bus.UsbIds = usb_bus.CP2102) -> None:
        super().__init__(self.LINE, ids)
        self.recorded = recorded
        self.faults = Faults()
        self.finger_in = False
        self.refused = b""
        self.start_of_day = (0, 0)
        self._data: bytes | None = None

    @property
    def is_live(self) -> bool:
        return self._data is None

    def hear(self, data: bytes) -> None:
        self.refused += data.replace(b"\xf5\xf5", b"").replace(b"\xf6\xf6\xf6", b"")
        if b"\xf5\xf5" in data:
            self._data = self.faults.of(old_download(self.recorded, self.start_of_day))
        if b"\xf6\xf6\xf6" in data:
            self._data = None

    def tick(self) -> None:
        if self._data is None:
            self.say(bytes.fromhex("84374c0a5f" if self.finger_in else "9000000000"))
        else:
            self.say(self._data[: self._BYTES_A_TICK])
            self._data = self._data[self._BYTES_A_TICK :]


def old_download(recorded: Recorded, start_of_day: tuple[int, int] = (0, 0)) -> bytes:
    """All that a unit with the old protocol sends of it."""
    size = recorded.length_s * 3 - 1
    length = bytes((0x80 | size >> 14, 0x80 | size >> 7 & 0x7F, size & 0x7F))
    head = bytes((0xF2, 0x80 | start_of_day[0], start_of_day[1])) * 3
    return head + length + b"".join(map(_record, recorded.seconds))


def _record(second: Second) -> bytes:
    spo2, pulse = second[0] or 0x7F, second[1] or 0xFF
    return bytes((0xF0 | pulse >> 7, 0x80 | pulse & 0x7F, spo2))


def night(length_s: int, lowest: int = 81) -> list[Second]:
    """97 and 95 % in turn, once `lowest`, and the finger out for the last tenth."""
    worn = length_s - length_s // 10
    seconds: list[Second] = [(97 - 2 * (at % 2), 61) for at in range(worn)]
    seconds[worn // 2] = (lowest, 130)
    return seconds + [(None, None)] * (length_s - worn)
