"""What a driver reports: the state of each instrument, and what it measured."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from devices.event import Battery
from devices.reading import DeviceIdentity, Kind, Reading, Waveform


class InstrumentState(StrEnum):
    ABSENT = "absent"
    FOUND = "found"
    PAIRING = "pairing"
    READY = "ready"
    MEASURING = "measuring"
    POOR_SIGNAL = "poor_signal"
    LOST = "lost"
    FAULTY = "faulty"


class Reason(StrEnum):
    """Why an instrument is not measuring. `ui/` has one sentence for each."""

    NONE = "none"
    UNPLUGGED = "unplugged"
    PORT_BUSY = "port_busy"
    PERMISSION = "permission"
    NO_DATA = "no_data"
    GARBLED = "garbled"
    NOT_UNDERSTOOD = "not_understood"
    SENSOR_OFF = "sensor_off"
    SEARCHING = "searching"
    HANDING_OVER = "handing_over"
    WEAK_SIGNAL = "weak_signal"
    BLUETOOTH_OFF = "bluetooth_off"
    BLUETOOTH_MISSING = "bluetooth_missing"
    PAIRING_REFUSED = "pairing_refused"
    NOT_PAIRED = "not_paired"
    TIMEOUT = "timeout"
    CAMERA_STALLED = "camera_stalled"
    SOURCE_MOVED = "source_moved"
    SOUND_SERVER_MISSING = "sound_server_missing"
    DRIVER_FAILED = "driver_failed"


class DriverError(Exception):
    """The one error type of this package: what a library raised, as a reason."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class InstrumentStatus:
    """One instrument as the screens show it. `id` is stable across replugs (serial number or address).

    `also`: what else the same box does, beside `kind`. `may_be`: what something that nobody has understood
    yet may do. `recordings`: it can be asked for its newest. `battery`: what it said last, also before it was
    switched off; None: nothing. Not `known`: nobody said that this Bluetooth unit belongs to the kiosk;
    `no_result`: and its last measurement gave no value. These two the kiosk tells, not a driver.
    """

    id: str
    kind: Kind
    name: str
    state: InstrumentState
    reason: Reason = Reason.NONE
    identity: DeviceIdentity | None = None
    also: tuple[Kind, ...] = ()
    may_be: tuple[Kind, ...] = ()
    recordings: bool = False
    battery: Battery | None = None
    known: bool = True
    no_result: bool = False

    @property
    def battery_is_low(self) -> bool:
        return self.battery is not None and self.battery.is_low

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return (self.kind, *self.also)


class Sink(Protocol):
    """Where drivers deliver, on the asyncio loop. `reading` returns once the reading is durable."""

    def status(self, status: InstrumentStatus) -> None: ...
    async def reading(self, reading: Reading) -> None: ...
    def waveform(self, waveform: Waveform) -> None: ...
