"""How a device model is declared, and what its decoder is. Pure: bytes in, events out."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Protocol, runtime_checkable

from devices.event import Event, Send
from devices.metrics import Metric
from devices.pictures import BulkCameraMatch
from devices.reading import Kind


class Decoder(Protocol):
    """Sans-I/O decoder of one link. Resynchronises by itself; never raises, does bounded work."""

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Take bytes of a serial stream, one value of the GATT characteristic `source` (full UUID), or one
        transfer of a camera."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A decoder with this method is kept over the connections to its peripheral; any other is made anew.

    It remembers what it delivered: a cuff that missed our confirmation sends its result again.
    """

    def reconnected(self) -> None:
        """A new connection begins, or values were lost in this one: what was half said is void."""
        ...


@runtime_checkable
class Leading(Protocol):
    """A decoder with this method leads the conversation, one question after the other, until `Done`.

    Each answer is waited for; a device that does not give one in time is hung up on. Once it was told that
    this is the end, nothing more is missed.
    """

    def begin(self, pairing: bool) -> list[Event]:
        """What is said first. `pairing`: the device shows that it may be paired with."""
        ...

    def unanswered(self) -> list[Event]:
        """The device has hung up, or is silent: `Done` when all was said but that it is over."""
        ...


def nothing(*_: object) -> bool:
    """For a device that is answered nothing."""
    return False


@dataclass(frozen=True, slots=True)
class PortMatch:
    """What is plugged in by USB and spoken to: how to recognise it, and all that is ever written to it.

    `checked`: its frames carry a checksum, so that one of them tells it from another device at the same kind
    of bridge. `quiet`: it speaks only when it is used, and its silence is no fault. `every_s`: from one frame
    to the next, where a stream has no more than a few a second. `carried`: it is pulled out to measure with,
    and that is no fault. `start`, `keep_alive`, and answers that `may_send` allows: nothing else is written
    to it.
    """

    usb_ids: tuple[tuple[int, int], ...]
    _: KW_ONLY
    checked: bool = False
    quiet: bool = False
    every_s: float = 0.0
    carried: bool = False
    start: tuple[bytes, ...] = ()
    keep_alive: bytes = b""
    keep_alive_s: float = 0.0
    may_send: Callable[[bytes], bool] = nothing


@dataclass(frozen=True, slots=True)
class SerialMatch(PortMatch):
    """A USB serial device: how to open its port. `stop` is written to it as well."""

    baud: int
    parity: str = "N"
    stop: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class HidMatch(PortMatch):
    """A USB HID device with reports of one size, without numbers.

    `bridge_baud`: it is a serial device behind a CP2110 bridge, at this speed, and its decoder is given the
    bytes of the line; `report_bytes` is then the longest report.
    """

    report_bytes: int
    bridge_baud: int = 0


@dataclass(frozen=True, slots=True)
class Features:
    """Where a peripheral says what it can do: read once, and given to the decoder. No measurement waits or
    fails because of it, and nobody pairs for it.

    Where `keeps` says so of the value, `control` is listened to and `question` is written to it. That no
    answer comes is told to the decoder as an empty value of `control`.
    """

    characteristic: str
    control: str = ""
    question: bytes = b""
    keeps: Callable[[bytes], bool] = nothing


@dataclass(frozen=True, slots=True)
class BleMatch:
    """A BLE peripheral: recognised by an advertised service; these characteristics are subscribed.

    `names`: beginnings of its advertised name, where other things advertise the same service. Not
    `announced`: its name has to do, as it advertises no service, or not always. `start`, `keep_alive`: all
    that is ever written to it, to the characteristic `write`, but for the question of its `features`, for
    what `may_send` allows, and for the time of day where it lets its clock be set (2A08 or 2A2B) and no
    decoder leads. `piece_bytes`: what is longer is written in pieces. `clock_tolerance_s`: its clock is left
    alone when it is off by no more than this. `pauses_s`: beginnings of the firmware's name, the first that
    fits counts, and what such a firmware needs before and after its clock is set.
    `results_notified`: it notifies its results, as others notify live values. `may_send`: what a decoder may
    want sent; the second argument says whether the device shows that it may be paired with. `shows_pairing`:
    whether its advertised name and its maker's data (by company number) show that; such a device is paired
    with at no other time. None: it is paired with whenever it wants to be. `speaks_in_advert`: its decoder is
    also given the data that its advertisement carries for `service`, which is then the source.
    """

    service: str
    subscribe: tuple[str, ...]
    names: tuple[str, ...] = ()
    announced: bool = True
    write: str = ""
    start: tuple[bytes, ...] = ()
    keep_alive: bytes = b""
    keep_alive_s: float = 0.0
    piece_bytes: int = 512
    clock_tolerance_s: float = 0.0
    pauses_s: tuple[tuple[str, float], ...] = ()
    results_notified: bool = False
    speaks_in_advert: bool = False
    may_send: Callable[[Send, bool], bool] = nothing
    shows_pairing: Callable[[str, Mapping[int, bytes]], bool] | None = None
    features: Features | None = None

    def pause_s(self, firmware: str) -> float:
        """What a unit with this firmware needs."""
        return next((pause for name, pause in self.pauses_s if firmware.startswith(name)), 0.0)

    def pairing(self, name: str, maker_data: Mapping[int, bytes]) -> bool | None:
        """Whether it shows that it may be paired with; None: it is not of those that show it."""
        return None if self.shows_pairing is None else self.shows_pairing(name, maker_data)


@dataclass(frozen=True, slots=True)
class CameraMatch:
    """A UVC camera by USB id, or by a word in its name."""

    usb_ids: tuple[tuple[int, int], ...] = ()
    name_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioMatch:
    """An audio source by USB id, or by a word in its description."""

    usb_ids: tuple[tuple[int, int], ...] = ()
    name_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PcmMatch:
    """A board that streams signed 16-bit little-endian samples of one channel, and is written nothing.

    It has no ids of its own: it is the one that the site's settings name, and they may give another rate,
    speed or characteristic than stands here. `baud`: of a USB serial port; 0: it comes by Bluetooth, notified
    in `characteristic` (full UUID).
    """

    rate_hz: int
    baud: int = 0
    characteristic: str = ""


Match = SerialMatch | HidMatch | BleMatch | CameraMatch | BulkCameraMatch | AudioMatch | PcmMatch


@dataclass(frozen=True, slots=True)
class Device:
    """The declaration of one model or profile. Every catalogue module exposes one as `DEVICE`.

    `protocols` names the frames this module decodes (for `telecabine devices decode` and the vectors):
    each maps bytes to one JSON-ready object, and raises FrameError on anything else. `experimental`: known
    from one source only, in whole or in part. `any_make`: a public profile, whose name stands for an
    instrument that nobody has seen yet. `also`: what else one box does, beside `kind`. `sends_once`: what it
    kept goes to whoever listens first, and is then forgotten; of a Bluetooth cuff, thermometer, scale or
    glucose meter this is believed anyway. `recordings`: its decoder is `Recalling`. `limits`: what it could
    do and is not asked for, or what is not known of it.
    """

    key: str
    name: str
    kind: Kind
    match: Match
    metrics: tuple[Metric, ...]
    reference: str
    decoder: Callable[[], Decoder] | None = None
    protocols: tuple[tuple[str, Callable[[bytes], dict[str, object]]], ...] = ()
    experimental: bool = False
    any_make: bool = False
    also: tuple[Kind, ...] = ()
    sends_once: bool = False
    recordings: bool = False
    limits: str = ""
