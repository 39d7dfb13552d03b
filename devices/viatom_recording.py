"""The newest file of a Viatom ring: its header says when it began, how long it is, and what came out.

The ring is asked who it is (its clock and its files), then the newest file is opened, its first block read,
and closed again. No sample is read: the lowest and the average SpO2 are the ring's own figures. Where what
the header says does not agree with itself and the file's size, it is another layout, and nothing is told.
Source: LepuBle and viatom-o2ring-ble (VLD 3); o2r and OSCAR agree on the fields used here.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from devices import viatom
from devices.event import ClockShown, Event, FrameError, Recall, Rejected, Send, Signal, SignalState
from devices.gatt import unexpected
from devices.ieee11073 import DateTime, date_time
from devices.measuring import quantity
from devices.metrics import RECORDED, SPO2_AVERAGE, SPO2_LOWEST
from devices.reading import Quantity
from devices.recording import ended, recorded

HEADER_BYTES = 40
_VERSION, _RECORD_BYTES = 3, 5
_LONGEST_REPLY = 4096
_NAME_DIGITS = 14
_SECONDS = (2, 4)  # from one record to the next
_NO_SPO2 = (0, 127, 255)
_CLOSE = viatom.request(viatom.FILE_CLOSE)
_CLOCK = "%Y-%m-%d,%H:%M:%S"


@dataclass(frozen=True, slots=True)
class Header:
    """The first 40 bytes of a file. `None` is "no value"."""

    version: int
    mode: int
    began: DateTime
    size: int
    duration_s: int
    average: int | None
    lowest: int | None
    dips_3: int
    dips_4: int

    @classmethod
    def parse(cls, data: bytes) -> "Header":
        """Raises FrameError."""
        if len(data) != HEADER_BYTES or data[0] != _VERSION:
            raise FrameError("not the header of a file of version 3")
        return cls(
            version=data[0],
            mode=data[1],
            began=date_time(data[2:9]),
            size=int.from_bytes(data[9:13], "little"),
            duration_s=int.from_bytes(data[13:15], "little"),
            average=_saturation(data[17]),
            lowest=_saturation(data[18]),
            dips_3=data[19],
            dips_4=data[20],
        )

    def agrees_with(self, file_bytes: int) -> bool:
        """Some models store each sample twice, and count it once in the size that the header gives."""
        if self.lowest is not None and self.average is not None and self.lowest > self.average:
            return False
        records, rest = divmod(file_bytes - HEADER_BYTES, _RECORD_BYTES)
        sizes = (file_bytes, HEADER_BYTES + records // 2 * _RECORD_BYTES)
        whole = records > 0 and not rest and self.size in sizes
        return whole and self.duration_s in [records * each for each in _SECONDS]

    def quantities(self) -> tuple[Quantity, ...]:
        lowest, average = quantity(SPO2_LOWEST, self.lowest), quantity(SPO2_AVERAGE, self.average)
        return (quantity(RECORDED, self.duration_s), lowest, average)


def _saturation(value: int) -> int | None:
    return None if value in _NO_SPO2 else value


@dataclass(frozen=True, slots=True)
class Info:
    """What the ring says of itself; `files` are named after the time at which they began."""

    now: datetime | None
    files: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Info":
        """Raises FrameError."""
        try:
            said = json.loads(data.rstrip(b"\0"))
            names = [name.strip() for name in said.get("FileList", "").split(",")]
            shown = said.get("CurTIME", "")
            now = datetime.strptime(shown, _CLOCK) if shown else None
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            raise FrameError("no description of the ring") from error
        return cls(now, tuple(name for name in names if len(name) == _NAME_DIGITS and name.isdecimal()))


class Download:
    """From the first question to the file that is closed again."""

    def __init__(self, characteristic: str) -> None:
        self._characteristic = characteristic
        self._framer = viatom.framer(_LONGEST_REPLY)
        self._asked = 0
        self._file_bytes = 0
        self._header = b""

    def begin(self) -> list[Event]:
        return self._ask(viatom.INFO)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """A piece of an answer, cut anywhere."""
        if source != self._characteristic:
            return [unexpected(source, data)]
        events: list[Event] = []
        for part in self._framer.split(data):
            events += [part] if isinstance(part, Rejected) else self._answer(part)
        return events

    def give_up(self) -> list[Event]:
        """All may have come, and only the answer to the last command is missing."""
        return self._told() if self._header else self._failed()

    def _ask(self, what: int, name: str = "") -> list[Event]:
        self._asked = what
        return [Send(viatom.request(what, name)), Signal(SignalState.HANDING_OVER)]

    def _answer(self, frame: bytes) -> list[Event]:
        try:
            status, block, data = viatom.unpack(frame, viatom.REPLY)
            if self._asked == viatom.INFO:
                return self._described(data)
            if status or block:
                raise FrameError(f"status {status}, block {block}")
            return self._file(data)
        except FrameError as error:
            return [Rejected(str(error), frame[:HEADER_BYTES]), *self._failed()]

    def _described(self, data: bytes) -> list[Event]:
        """What its sensors see may have been on its way."""
        if not data.startswith(b"{"):
            return []
        info = Info.parse(data)
        clock: list[Event] = [ClockShown(info.now)] if info.now else []
        last = self._ask(viatom.FILE_OPEN, max(info.files)) if info.files else ended(Recall.NONE)
        return [*clock, *last]

    def _file(self, data: bytes) -> list[Event]:
        """Raises FrameError."""
        if self._asked == viatom.FILE_OPEN:
            self._file_bytes = int.from_bytes(data, "little")
            return self._ask(viatom.FILE_READ)
        if self._asked == viatom.FILE_READ:
            header = data[:HEADER_BYTES]
            if not Header.parse(header).agrees_with(self._file_bytes):
                raise FrameError("what the header says does not agree")
            self._header = header
            return self._ask(viatom.FILE_CLOSE)
        return self._told()

    def _told(self) -> list[Event]:
        header = Header.parse(self._header)
        return [recorded(header.quantities(), self._header, header.began), *ended(Recall.TAKEN)]

    def _failed(self) -> list[Event]:
        """What may be open is closed."""
        return ended(Recall.FAILED, *([] if self._asked == viatom.INFO else [_CLOSE]))


def describe_header(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    header = Header.parse(data)
    said = {"size": header.size, "duration_s": header.duration_s, "avg": header.average, "min": header.lowest}
    dips = {"dips_3": header.dips_3, "dips_4": header.dips_4}
    return {"version": header.version, "mode": header.mode, "datetime": str(header.began), **said, **dips}
