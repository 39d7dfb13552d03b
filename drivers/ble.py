"""The Bluetooth LE instruments: a scanner that never rests, and a connection on every advertisement.

Medical peripherals advertise for some seconds after a measurement only, so the first advertisement counts.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from devices.device import BleMatch, Decoder, Device, Leading, Remembering
from devices.event import Measured, Recall
from drivers.ble_board import BleBoard
from drivers.ble_connection import BleConnection
from drivers.ble_errors import reason_of
from drivers.ble_recognition import Recognition
from drivers.ble_rests import Rests
from drivers.ble_seen import Seen
from drivers.bluetooth_service import BluetoothService, bluetooth_service
from drivers.feed import Feed
from drivers.instrument import DriverError, InstrumentState, Reason, Sink
from drivers.raw import Tap, no_tap
from drivers.tasks import Tasks, bounded
from drivers.tracker import Tracker

_log = logging.getLogger(__name__)

_CHECK_EVERY_S = 1.0
_SCANNER_LIMIT_S = 10.0
_NAMED_WITHIN_S = 0.5


class BleLinks:
    """Scans for known services and serves each peripheral in a task of its own. Runs until cancelled.

    One whose device has no decoder is FOUND, and never connected. `board`: a unit that is not of these
    devices, whatever it looks like; it is told what concerns it, for two cannot scan at once. `spared`: the
    ids of those that somebody else pairs with now; they are left alone.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        sink: Sink,
        tap: Tap = no_tap,
        board: BleBoard | None = None,
        spared: Collection[str] = (),
    ) -> None:
        self._board = board
        self._recognition = Recognition(devices)
        self._chosen: dict[str, Device] = {}
        self._sink = sink
        self._tap = tap
        self._spared = spared
        self._feeds: dict[str, Feed] = {}
        self._decoders: dict[str, Decoder] = {}
        self._rests = Rests()
        self._seen = Seen()
        self._heard_s: dict[str, float] = {}
        self._trouble = Reason.NONE
        self._tasks = Tasks()
        generic = sorted(self._recognition.devices, key=lambda device: device.any_make)  # the last one stays
        self._unseen = {d.kind: Tracker(sink, f"ble:{d.key}", d.kind, d.name) for d in generic}

    async def run(self) -> None:
        service = bluetooth_service(self._recognition)
        try:
            while True:
                try:
                    await self._scan_until_broken(service)
                except DriverError as error:
                    if error.reason is not self._trouble:
                        _log.warning("Bluetooth: %s", error)
                    self._trouble = error.reason
                    await self._down(error.reason)
                await asyncio.sleep(_CHECK_EVERY_S)
        finally:
            await self._tasks.cancel_all()
            await service.close()

    async def recall(self, id_: str) -> Recall:
        """Ask this instrument for its newest recording."""
        feed = self._feeds.get(id_)
        return await feed.recalls.ask() if feed else Recall.FAILED

    async def _scan_until_broken(self, service: BluetoothService) -> None:
        await service.check()
        services = self._recognition.services if self._board is None else None
        scanner = BleakScanner(self._advertised, service_uuids=services)
        try:
            await _start(scanner)
            self._trouble = Reason.NONE
            self._up()
            while True:
                await asyncio.sleep(_CHECK_EVERY_S)
                await service.check()
        finally:
            await _stop(scanner)

    def _up(self) -> None:
        if self._board is not None:
            self._board.bluetooth(Reason.NONE)
        for tracker in self._unseen.values():
            if tracker.status.state is InstrumentState.FAULTY:
                tracker.move(InstrumentState.ABSENT)
        for feed in self._feeds.values():
            if feed.tracker.status.reason in (Reason.BLUETOOTH_OFF, Reason.BLUETOOTH_MISSING):
                feed.tracker.move(InstrumentState.FOUND)

    async def _down(self, reason: Reason) -> None:
        """Without Bluetooth nothing below works: said of every instrument and every kind."""
        if self._board is not None:
            self._board.bluetooth(reason)
        await self._tasks.cancel_all()
        seen = {feed.tracker.status.kind for feed in self._feeds.values()}
        for feed in self._feeds.values():
            feed.tracker.faulty(reason)
        for kind, tracker in self._unseen.items():
            if kind not in seen:
                tracker.faulty(reason)

    def _advertised(self, peripheral: BLEDevice, advertisement: AdvertisementData) -> None:
        id_ = f"ble:{peripheral.address}"
        if self._board is not None and id_ == self._board.address:
            self._board.advertised(peripheral)
            return
        name = advertisement.local_name or peripheral.name or ""
        device = self._recognition.device(advertisement.service_uuids, name)
        if device is None or not self._remember(id_):
            return
        if device.any_make and not name and self._may_be_named(id_):
            return
        # Once it was connected, BlueZ counts all its services: it stays what it was taken for at first.
        chosen = self._chosen.setdefault(id_, device)
        if chosen.decoder is None:
            self._feed(id_, chosen).tracker.move(InstrumentState.FOUND)
            return
        assert isinstance(chosen.match, BleMatch)  # only such devices are recognised here
        if chosen.match.speaks_in_advert and chosen.match.service in advertisement.service_data:
            self._said(id_, chosen, advertisement.service_data[chosen.match.service])
        if id_ in self._spared:
            self._rests.forget(id_)
            return
        if self._tasks.running(id_):
            return
        pairing = chosen.match.pairing(name, advertisement.manufacturer_data)
        if self._rests.is_over(id_, pairing):
            self._tasks.start(id_, self._serve(id_, peripheral, chosen, pairing))

    def _said(self, id_: str, device: Device, data: bytes) -> None:
        """In its advertisement: decoded at once, as another may follow at once. Only results count: what is
        not connected shows no signal, for nobody would say when it ends.
        """
        assert isinstance(device.match, BleMatch) and device.decoder is not None
        decoder = self._decoders.get(id_) or self._decoders.setdefault(id_, device.decoder())
        feed = self._feed(id_, device)
        feed.heard(data, device.match.service)
        events = decoder.feed(data, device.match.service)
        results = [event for event in events if isinstance(event, Measured)]
        if results:
            self._tasks.start(_saying(id_), self._deliver(id_, feed, results))

    async def _deliver(self, id_: str, feed: Feed, results: Sequence[Measured]) -> None:
        await feed.deliver(results)
        if not self._tasks.running(id_):
            feed.tracker.move(InstrumentState.READY)

    def _remember(self, id_: str) -> bool:
        """False: so many others are being served that there is no room."""
        gone = self._seen.note(id_, self._tasks.running)
        for each in gone:
            self._forget(each)
        return id_ not in gone

    def _forget(self, id_: str) -> None:
        if id_ in self._feeds:
            self._feeds[id_].tracker.move(InstrumentState.ABSENT)
        by_id: tuple[dict[str, Any], ...] = (self._chosen, self._feeds, self._decoders, self._heard_s)
        for each in by_id:
            each.pop(id_, None)
        self._rests.forget(id_)
        for name in (id_, _saying(id_)):
            self._tasks.forget(name)

    def _may_be_named(self, id_: str) -> bool:
        """A name often comes a moment after the services, and some makes have habits of their own."""
        return _now_s() - self._heard_s.setdefault(id_, _now_s()) < _NAMED_WITHIN_S

    def _feed(self, id_: str, device: Device) -> Feed:
        return self._feeds.setdefault(id_, Feed(device, self._sink, id_, self._tap))

    async def _serve(self, id_: str, peripheral: BLEDevice, device: Device, pairing: bool | None) -> None:
        assert isinstance(device.match, BleMatch) and device.decoder is not None
        feed = self._feed(id_, device)
        feed.tracker.forget_signal()
        feed.tracker.move(InstrumentState.FOUND)
        connection = BleConnection(
            peripheral, device.match, feed, partial(self._decoder, id_, device.decoder), pairing
        )
        try:
            await connection.run()
            _after(connection, feed.tracker)
        except DriverError as error:
            _log.warning("%s: %s", id_, error)
            _failed(feed.tracker, error.reason, device.match.speaks_in_advert)
        except Exception:  # noqa: BLE001  a bug with one peripheral stays there
            _log.exception("%s: the driver failed", id_)
            feed.tracker.faulty(Reason.DRIVER_FAILED)
        leads = isinstance(self._decoders.get(id_), Leading)
        self._rests.begin(id_, feed.tracker.status.reason, leads, pairing)

    def _decoder(self, id_: str, make: Callable[[], Decoder]) -> Decoder:
        """The one to go on with, when a connection begins or values were lost."""
        known = self._decoders.get(id_)
        if isinstance(known, Remembering):
            known.reconnected()
            return known
        decoder = self._decoders[id_] = make()
        return decoder


def _after(connection: BleConnection, tracker: Tracker) -> None:
    """A device that has given its result hangs up; one that hangs up in the middle is lost."""
    if connection.completed is False:
        tracker.lost(Reason.TIMEOUT)
    else:
        tracker.move(InstrumentState.READY if connection.completed else InstrumentState.FOUND)


def _failed(tracker: Tracker, reason: Reason, speaks_in_advert: bool) -> None:
    """Silence is a device out of reach, unless it speaks unconnected; anything else needs somebody's hand."""
    if reason is Reason.TIMEOUT and speaks_in_advert:
        tracker.move(InstrumentState.FOUND)
    elif reason is Reason.TIMEOUT:
        tracker.lost(reason)
    else:
        tracker.faulty(reason)


async def _start(scanner: BleakScanner) -> None:
    """Raises DriverError: whatever keeps it from scanning, no instrument is to blame."""
    try:
        await bounded(scanner.start(), _SCANNER_LIMIT_S)
    except (BleakError, DriverError, OSError, EOFError) as error:
        reason = error.reason if isinstance(error, DriverError) else reason_of(error)
        is_off = reason is Reason.BLUETOOTH_OFF
        raise DriverError(reason if is_off else Reason.BLUETOOTH_MISSING, str(error)) from error


async def _stop(scanner: BleakScanner) -> None:
    with suppress(
        BleakError, DriverError, OSError, EOFError
    ):  # with bluetoothd gone there is nothing to stop
        await bounded(scanner.stop(), _SCANNER_LIMIT_S)


def _saying(id_: str) -> str:
    """The task that delivers what was said in an advertisement."""
    return f"{id_} said"


def _now_s() -> float:
    return asyncio.get_running_loop().time()
