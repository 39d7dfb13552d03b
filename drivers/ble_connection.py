"""One connection to one peripheral: who it is, what its clock says, what it measures, until it goes.

Source: Device Information Service 1.1 (180A).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from devices import clock, gatt
from devices.device import BleMatch, Decoder, Leading
from devices.event import Event, Rejected
from drivers.ble_battery import watch_battery
from drivers.ble_errors import needs_pairing, reason_of
from drivers.ble_features import look_at_features
from drivers.ble_talk import is_over, is_over_unanswered, put, to_say
from drivers.ble_values import Values
from drivers.feed import Feed
from drivers.instrument import DriverError, InstrumentState, Reason
from drivers.stamp import DeviceClock, local_now
from drivers.tasks import beside, bounded

_log = logging.getLogger(__name__)

_CONNECT_LIMIT_S = 12.0
_GATT_LIMIT_S = 5.0
_PAIR_LIMIT_S = 30.0
_QUIET_AFTER_S = 5.0

_INFORMATION = {
    "manufacturer": "00002a29-0000-1000-8000-00805f9b34fb",
    "model": "00002a24-0000-1000-8000-00805f9b34fb",
    "serial": "00002a25-0000-1000-8000-00805f9b34fb",
    "firmware": "00002a26-0000-1000-8000-00805f9b34fb",
}
T = TypeVar("T")


class BleConnection:
    """Runs once: connect, read, subscribe, deliver, disconnect.

    `resume` gives the decoder to go on with, now and after values were lost. `pairing`: as of the match.
    """

    def __init__(
        self,
        peripheral: BLEDevice,
        match: BleMatch,
        feed: Feed,
        resume: Callable[[], Decoder],
        pairing: bool | None = None,
    ) -> None:
        self._match = match
        self._pairing = pairing
        self._feed = feed
        self._resume = resume
        self._decoder = resume()
        self._values = Values(match.results_notified)
        self._client = BleakClient(peripheral, self._gone, timeout=_CONNECT_LIMIT_S)
        self._last: BleakGATTCharacteristic | None = None

    async def run(self) -> None:
        """Return when the peripheral has hung up. DriverError when an operation fails or takes too long."""
        self._feed.stamp.reconnected()
        try:
            await self._limited(self._client.connect(), _CONNECT_LIMIT_S + 1)
            if self._pairing:
                await self._bond()
            await self._identify()
            await self._pause()
            if not isinstance(self._decoder, Leading):  # whoever leads has yet to be let in
                self._feed.stamp.device_clock = await self._set_clock()
                await self._pause()
            await self._subscribe()
            for command in self._match.start:
                await self._required(self._match.write, partial(put, self._client, self._match, command))
            self._feed.undated.connected()
            self._feed.listening()
            self._feed.recalls.opened()
            async with beside(*self._beside()):
                await self._deliver_until_gone()
        except (BleakError, OSError, EOFError) as error:  # it hung up in the middle
            raise DriverError(reason_of(error), str(error)) from error
        finally:
            self._feed.recalls.closed(self._decoder)
            await self._disconnect()

    @property
    def completed(self) -> bool | None:
        """True when the last value was a result; None when nothing came at all."""
        return None if self._last is None else self._values.is_result(self._last)

    def _gone(self, _client: BleakClient) -> None:
        self._values.end()

    async def _identify(self) -> None:
        texts = {name: await self._text(uuid) for name, uuid in _INFORMATION.items()}
        said = {name: text for name, text in texts.items() if text}
        self._feed.identify(replace(self._feed.stamp.identity, **said))

    async def _text(self, uuid: str) -> str:
        value = await self._optional(uuid)
        return value.rstrip(b"\0").decode("utf-8", "replace").strip()

    async def _pause(self) -> None:
        """Between who it is, its clock, and its measurements."""
        await asyncio.sleep(self._match.pause_s(self._feed.stamp.identity.firmware))

    async def _set_clock(self) -> DeviceClock | None:
        """Note what the device's clock says, then set it right if it lets us and is far enough off."""
        for short, written in clock.WRITTEN.items():
            found = self._client.services.get_characteristic(gatt.uuid(short))
            if found is not None:
                return await self._set_right(found, written)
        return None

    async def _set_right(
        self, found: BleakGATTCharacteristic, written: Callable[[datetime], bytes]
    ) -> DeviceClock | None:
        shown = clock.shown(await self._optional(found.uuid))
        before = DeviceClock(shown, local_now()) if shown else None
        if before and before.is_right(self._match.clock_tolerance_s):
            return before
        set_at = await self._write_clock(found, written)
        return before and replace(before, set_at=set_at)

    async def _write_clock(
        self, found: BleakGATTCharacteristic, written: Callable[[datetime], bytes]
    ) -> datetime | None:
        if "write" not in found.properties:
            return None
        now = local_now()
        try:
            await self._authorised(lambda: self._client.write_gatt_char(found, written(now), response=True))
        except BleakError as error:
            _log.info("%s: the clock cannot be set: %s", self._feed.tracker.status.id, error)
            return None
        return now

    async def _optional(self, uuid: str) -> bytes:
        """A readable characteristic's value; empty when the peripheral has none or refuses."""
        found = self._client.services.get_characteristic(uuid)
        if found is None or "read" not in found.properties:
            return b""
        try:
            return bytes(await self._authorised(lambda: self._client.read_gatt_char(found)))
        except BleakError as error:
            _log.info("%s: %s cannot be read: %s", self._feed.tracker.status.id, uuid, error)
            return b""

    async def _subscribe(self) -> None:
        found = [self._client.services.get_characteristic(uuid) for uuid in self._match.subscribe]
        offered = [characteristic for characteristic in found if characteristic is not None]
        if not offered:  # a profile leaves some of them out, but never all
            raise DriverError(Reason.NO_DATA, "none of its characteristics is there")
        for characteristic in offered:
            listen = partial(self._client.start_notify, characteristic, self._came)
            await self._required(characteristic.uuid, listen)

    async def _required(self, uuid: str, operation: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Raises DriverError."""
        try:
            await self._authorised(operation)
        except BleakError as error:
            raise DriverError(reason_of(error), f"{uuid}: {error}") from error

    def _beside(self) -> list[Coroutine[Any, Any, None]]:
        """While it delivers, look at its battery and its features, and keep it alive where it needs that."""
        tracker = self._feed.tracker
        work = [watch_battery(self._client, tracker.status.id, tracker.battery)]
        if wanted := self._match.features:
            told = partial(self._feed.take, self._decoder)
            work.append(look_at_features(self._client, wanted, told, self._came))
        return [*work, self._beat()] if self._match.keep_alive else work

    async def _beat(self) -> None:
        """When one fails, the connection is over: whoever is still there advertises, and is asked again."""
        try:
            while True:
                await asyncio.sleep(self._match.keep_alive_s)
                if self._feed.recalls.is_running:  # its answers do not say to which question
                    continue
                await bounded(put(self._client, self._match, self._match.keep_alive), _GATT_LIMIT_S)
        except (BleakError, DriverError, OSError, EOFError) as error:
            _log.info("%s: not kept alive: %s", self._feed.tracker.status.id, error)
            self._values.end()

    def _came(self, characteristic: BleakGATTCharacteristic, value: bytearray) -> None:
        if not self._values.put(characteristic, bytes(value)):
            _log.warning("%s: more results than can be taken", self._feed.tracker.status.id)

    async def _deliver_until_gone(self) -> None:
        over = await self._begin()
        while not over:
            try:
                async with asyncio.timeout(_QUIET_AFTER_S):
                    value = await self._values.get()
            except TimeoutError:
                over = self._silent()
                await self._recall([])
                continue
            if value is None:
                self._unanswered("it hung up in the middle of the conversation")
                return
            if lost := self._values.lost():
                await self._gap(lost)
            self._last = value.characteristic
            self._feed.heard(value.data, value.characteristic.uuid)
            events = self._decoder.feed(value.data, value.characteristic.uuid)
            over = await self._go_on(events, value.came_s)
            await self._recall(events)

    async def _begin(self) -> bool:
        """True when there is nothing to be heard any more."""
        if isinstance(self._decoder, Leading):
            return await self._go_on(self._decoder.begin(bool(self._pairing)))
        self._feed.tracker.move(InstrumentState.READY)
        return False

    async def _go_on(self, events: Sequence[Event], came_s: float | None = None) -> bool:
        """What was measured is durable before the next is asked for. True when the conversation is over."""
        await self._feed.deliver(events, came_s)
        for wanted in to_say(self._match, events, bool(self._pairing)):
            say = partial(put, self._client, self._match, wanted.command, wanted.to)
            try:
                await self._required(wanted.to or self._match.write, say)
            except DriverError as error:
                if is_over_unanswered(self._decoder, error):
                    return True
                raise
        return is_over(events)

    async def _recall(self, events: Sequence[Event]) -> None:
        """What is to be done about a recording that somebody has asked for."""
        while events := self._feed.recalls.step(self._decoder, events):
            await self._go_on(events)

    def _silent(self) -> bool:
        """Whoever is not asked may be silent. True when the conversation is over."""
        over = self._unanswered(f"no answer within {_QUIET_AFTER_S} s")
        if not over:
            self._feed.tracker.quiet()
        return over

    def _unanswered(self, why: str) -> bool:
        return is_over_unanswered(self._decoder, DriverError(Reason.TIMEOUT, why))

    async def _gap(self, lost: int) -> None:
        """What comes now does not go on from what came last."""
        self._decoder = self._resume()
        self._feed.interrupted()
        await self._feed.deliver([Rejected(f"{lost} values came faster than they could be taken", b"")])

    async def _authorised(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it; when the peripheral wants a bond first, pair and do it once more."""
        try:
            return await bounded(operation(), _GATT_LIMIT_S)
        except BleakError as error:
            if not needs_pairing(error):
                raise
            if self._pairing is False:
                raise DriverError(Reason.NOT_PAIRED, str(error)) from error
        await self._bond()
        try:
            return await bounded(operation(), _GATT_LIMIT_S)
        except BleakError as error:
            raise DriverError(Reason.PAIRING_REFUSED, str(error)) from error

    async def _bond(self) -> None:
        """At once where there is one."""
        self._feed.tracker.move(InstrumentState.PAIRING)
        try:
            await bounded(self._client.pair(), _PAIR_LIMIT_S)
        except BleakError as error:
            raise DriverError(Reason.PAIRING_REFUSED, str(error)) from error

    async def _limited(self, operation: Coroutine[Any, Any, T], limit_s: float) -> T:
        try:
            return await bounded(operation, limit_s)
        except (BleakError, OSError, EOFError) as error:
            raise DriverError(reason_of(error), str(error)) from error

    async def _disconnect(self) -> None:
        try:
            await self._limited(self._client.disconnect(), _GATT_LIMIT_S)
        except DriverError as error:
            _log.info("%s: while disconnecting: %s", self._feed.tracker.status.id, error)
