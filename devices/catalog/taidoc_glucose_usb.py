"""TaiDoc's TD-42xx glucose meters at their USB cable (GlucoRx Nexus, Menarini GlucoMen Nexus and others).

Inside is a CP2110 bridge. Source: as `devices/taidoc.py`. It is asked one thing after the other: whether it
is there, its model, its clock, the time of its newest result, and the result.
"""

from devices.device import Device, HidMatch
from devices.event import Event, FrameError, Rejected, Send, Signal, SignalState
from devices.framing import LengthFramer
from devices.metrics import GLUCOSE_MASS
from devices.reading import Kind
from devices.taidoc import (
    CLOCK,
    CONNECT,
    MODEL,
    SIZE,
    START,
    TIME,
    VALUE,
    Meter,
    answer,
    describe,
    describe_date_time,
    is_sound,
    request,
)

_LISTENS = 0x54  # it says so by itself, and sometimes instead of an answer
_NOTHING = bytes(4)
_NEXT = {CONNECT: MODEL, _LISTENS: MODEL, MODEL: CLOCK, CLOCK: TIME, TIME: VALUE}


def may_send(command: bytes) -> bool:
    """Questions alone."""
    return command in map(request, (MODEL, CLOCK, TIME, VALUE))


class Decoder:
    """A conversation: each time that the meter says that it is there, anew.

    One that does not answer about its clock is not asked for it again.
    """

    def __init__(self) -> None:
        self._framer = LengthFramer(bytes((START,)), 1, lambda _: SIZE, is_sound)
        self._meter = Meter()
        self._asked = CONNECT
        self._tells_clock = True

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the bridge's line, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            return [part]
        try:
            command, message = answer(part)
            return self._answer(command, message, part)
        except FrameError as error:
            self._asked = CONNECT
            return [Rejected(str(error), part)]

    def _answer(self, command: int, message: bytes, part: bytes) -> list[Event]:
        if command == MODEL and message == _NOTHING and self._asked != MODEL:
            command = CONNECT  # so may it say that it is there
        if command in (CONNECT, _LISTENS) and self._asked == CLOCK:
            self._tells_clock = False
        found = self._meter.take(command, message, part)
        if command in (MODEL, CLOCK, TIME) and not self._meter.is_meter:
            raise FrameError("not a glucose meter")
        ready: list[Event] = [Signal(SignalState.READY)] if self._meter.is_meter else []
        return [*ready, *found, *self._ask(self._next(command))]

    def _next(self, command: int) -> int | None:
        following = _NEXT.get(command)
        return TIME if following == CLOCK and not self._tells_clock else following

    def _ask(self, command: int | None) -> list[Event]:
        self._asked = CONNECT if command is None else command
        return [] if command is None else [Send(request(command))]


DEVICE = Device(
    key="taidoc_glucose_usb",
    name="TaiDoc TD-42xx (USB)",
    kind=Kind.GLUCOMETER,
    match=HidMatch(
        usb_ids=((0x10C4, 0xEA80),), report_bytes=64, bridge_baud=19200, checked=True, quiet=True,
        start=(request(CONNECT),), keep_alive=request(CONNECT), keep_alive_s=10.0, may_send=may_send,
    ),
    metrics=(GLUCOSE_MASS,),
    reference="glucometer-protocols, glucometerutils; Silicon Labs AN434",
    experimental=True,
    limits="its last result is read, none before; in mg/dL, also where it shows mmol/L; its USB id is its "
    "bridge's, which other things have too",
    decoder=Decoder,
    protocols=(("td42xx", describe), ("td42xx_datetime", describe_date_time)),
)  # fmt: skip
