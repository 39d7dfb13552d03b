"""An Omron cuff that lets its memory be read over Omron's own service (HEM-7361T, HEM-7155T).

Sources: omblepy, hass-omron. Written independently of `devices/`: UUIDs, frames and places are its own.
"""

import asyncio
from datetime import datetime, timedelta
from enum import Enum
from functools import partial, reduce
from operator import xor

from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue

from tests.fakes.ble_peripheral import (
    NOTIFY,
    UNREADABLE,
    WRITE,
    WRITEABLE,
    Peripheral,
    PeripheralClock,
    advertised,
)
from tests.fakes.radio import Radio

_NODE = "0002a5d5c51b"
_SERVICE, _ADVERTISED = f"ecbe3980-c9a2-11e1-b1bd-{_NODE}", "1810"
_UNLOCK = f"b305b680-aee7-11e1-a730-{_NODE}"
_TO_CUFF = (
    "db5b55e0-aee7-11e1-965e",
    "e0b8a060-aee7-11e1-92f4",
    "0ae12b00-aee8-11e1-a192",
    "10e1ba60-aee8-11e1-89e5",
)
_FROM_CUFF = (
    "49123040-aee8-11e1-a74d",
    "4d0bf320-aee8-11e1-a0d9",
    "5128ce60-aee8-11e1-b84b",
    "560f1420-aee8-11e1-8184",
)
_COMPANY = 0x020E.to_bytes(2, "little")
_START, _READ, _END, _WRITE_MEMORY = 0x0000, 0x0100, 0x0F00, 0x01C0
_INDEX, _CLOCK = 0x0010, 0x003C
_BLOCK = 16


class AtEnd(Enum):
    """What it does when it is told that this is the end."""

    ANSWERS, IS_SILENT, HANGS_UP, HANGS_UP_AT_ONCE = range(4)  # at once: before it has even taken it


def _framed(kind: int, address: int, size: int, data: bytes) -> bytes:
    head = bytes((8 + len(data),)) + kind.to_bytes(2, "big") + address.to_bytes(2, "big") + bytes((size,))
    body = head + data + b"\x00"
    return body + bytes((reduce(xor, body),))


def _is_end(command: bytes) -> bool:
    return int.from_bytes(command[1:3], "big") == _END


def record(systolic: int, diastolic: int, pulse: int, taken: datetime, second: int) -> bytes:
    day = taken.hour | taken.day << 5 | taken.month << 10
    time = second | taken.minute << 6 | 1 << 12
    numbers = bytes((systolic - 25, diastolic, pulse, taken.year - 2000))
    return numbers + day.to_bytes(2, "little") + time.to_bytes(2, "little") + bytes(8)


class OmronMemoryCuff(Peripheral):
    """Advertises after a measurement, or while its button is held, until its memory was read to the end.

    `key`: what it was given. `keys`, `told`: all that was written to its unlock characteristic and to its
    channels. `fetched`: conversations that were ended properly. `damaged`: so many answers will have a wrong
    checksum. `silent_after`, `drops_after`: so many answers of a conversation, then nothing, or the link
    breaks once. Not `says_pairing`: its advertised data denies what its name says. `clock`: anybody who
    connects may set it.
    """

    model = "00000258"
    users, room = (0x0098, 0x06D8), 100  # where the records of each begin, and how many there are

    def __init__(
        self, radio: Radio, key: bytes | None = None, address: str = "C0:40:00:00:00:01",
        clock_offset: timedelta = timedelta(0), needs_bond: bool = False,
    ) -> None:  # fmt: skip
        self.clock = PeripheralClock(clock_offset)
        self.key = key
        self.keys: list[bytes] = []
        self.told: list[bytes] = []
        self.fetched = self.damaged = 0
        self.silent_after: int | None = None
        self.drops_after: int | None = None
        self.says_pairing = True
        self.at_end = AtEnd.ANSWERS
        self.memory = bytearray(b"\xff" * 0x1000)
        self.memory[_INDEX : _INDEX + _BLOCK] = b"\x00\x80" * (_BLOCK // 2)
        self._inbox: asyncio.Queue[tuple[int | None, bytes]] = asyncio.Queue()
        self._has_news = self._pairing = self._open = False
        self._serial = address.replace(":", "")
        self._unlock = self._taking(_UNLOCK, None, NOTIFY | WRITE)
        channels = [self._taking(f"{uuid}-{_NODE}", at, WRITE) for at, uuid in enumerate(_TO_CUFF)]
        self._channels = [Characteristic(f"{uuid}-{_NODE}", NOTIFY, UNREADABLE, b"") for uuid in _FROM_CUFF]
        super().__init__(
            radio, "Omron", address, _SERVICE,
            [self._unlock, *channels, *self._channels, self.clock.current_time()],
            serial=self._serial, needs_bond=needs_bond,
        )  # fmt: skip

    async def hold_button(self) -> None:
        """Until a P blinks."""
        self._pairing = True
        await self._show()

    async def measure(
        self, systolic: int, diastolic: int, pulse: int, user: int = 0, age: timedelta = timedelta(0),
        second: int | None = None,
    ) -> None:  # fmt: skip
        """Somebody measured, `age` ago. `second`: what it keeps as the second."""
        taken = self.clock.now() - age
        at = _INDEX + 2 * user
        place = int.from_bytes(self.memory[at : at + 2], "little") & 0xFF
        kept = record(systolic, diastolic, pulse, taken, taken.second if second is None else second)
        start = self.users[user] + place % self.room * _BLOCK
        self.memory[start : start + _BLOCK] = kept
        self.memory[at : at + 2] = (place % self.room + 1).to_bytes(2, "little")
        await self.press_button()

    async def press_button(self) -> None:
        """It is switched on to be read."""
        self._pairing = False
        await self._show()

    async def _show(self) -> None:
        self._has_news = True
        name = f"{'BLEsmart' if self._pairing else 'BLESmart'}_{self.model}{self._serial}"
        flags = 1 | (8 if self._pairing and self.says_pairing else 0)
        data = _COMPANY + bytes((1, flags)) + bytes(6)
        self._device.advertising_data = advertised(name, _ADVERTISED, data)
        if self._device.is_advertising:
            await self._device.stop_advertising()
        await self.advertise()

    def _taking(
        self, uuid: str, channel: int | None, properties: Characteristic.Properties
    ) -> Characteristic[bytes]:
        value: CharacteristicValue[bytes] = CharacteristicValue(write=partial(self._heard, channel))
        return Characteristic[bytes](uuid, properties, WRITEABLE, value)

    async def _heard(self, channel: int | None, connection: Connection, data: bytes) -> None:
        (self.keys if channel is None else self.told).append(bytes(data))
        if self.at_end is AtEnd.HANGS_UP_AT_ONCE and _is_end(data):
            self._end()
            await connection.disconnect()
        self._inbox.put_nowait((channel, bytes(data)))

    async def _serve(self, connection: Connection) -> None:
        self._inbox, self._open, answered = asyncio.Queue(), False, 0
        while True:
            channel, data = await self._inbox.get()
            if channel is None:
                await self._notify(connection, self._unlock, self._key_answer(data))
                continue
            if not self._open or answered == self.silent_after:
                continue
            if answered == self.drops_after:
                self.drops_after = None
                await connection.disconnect()
                return
            answered += 1
            answer = self._memory_answer(data)
            if not _is_end(data) or self.at_end is AtEnd.ANSWERS:
                await self._say(connection, answer)
            elif self.at_end is AtEnd.HANGS_UP:
                await connection.disconnect()

    async def _say(self, connection: Connection, frame: bytes) -> None:
        for at, channel in enumerate(self._channels[: -(-len(frame) // _BLOCK)]):
            piece = frame[at * _BLOCK : (at + 1) * _BLOCK].ljust(_BLOCK, b"\x00")
            await self._notify(connection, channel, piece)

    def _key_answer(self, data: bytes) -> bytes:
        opcode, key = data[0], data[1:]
        taken = opcode == 2
        if opcode == 0 and self._pairing and self.key is None:
            self.key, taken = key, True
        if opcode == 1:
            taken = self._open = key == self.key
        return bytes((opcode | 0x80, not taken)).ljust(17, b"\x00")

    def _memory_answer(self, command: bytes) -> bytes:
        kind, address = int.from_bytes(command[1:3], "big"), int.from_bytes(command[3:5], "big")
        size = command[5]
        self._tick()
        if kind == _WRITE_MEMORY:
            self.memory[address : address + size] = command[6 : 6 + size]
        if kind == _END:
            self._end()
        data = bytes(self.memory[address : address + size]) if kind in (_START, _READ) else b""
        frame = bytearray(_framed(kind | 0x8000, address, size, data))
        if self.damaged and kind == _READ:
            self.damaged -= 1
            frame[6] ^= 1
        return bytes(frame)

    def _end(self) -> None:
        self.fetched += 1
        self._has_news = False

    def _tick(self) -> None:
        now = self.clock.now()
        fields = (now.year - 2000, now.month, now.day, now.hour, now.minute, now.second)
        block = bytes.fromhex("c2a0000000000000") + bytes(fields)
        self.memory[_CLOCK : _CLOCK + _BLOCK] = block + bytes((sum(block) & 0xFF, 0))

    async def _gone(self) -> None:
        if self._has_news:
            await self.advertise()


class Hem7155T(OmronMemoryCuff):
    """Its predecessor, with room for less."""

    model = "00000264"
    users, room = (0x0098, 0x0458), 60

    def __init__(self, radio: Radio, key: bytes | None = None) -> None:
        super().__init__(radio, key, address="C0:41:00:00:00:01")
