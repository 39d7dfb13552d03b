"""A Viatom ring: says nothing until it is asked, and keeps what it has recorded in files."""

import asyncio
import json
from datetime import datetime

from bumble.att import ATT_Error, ErrorCode
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue

from devices.catalog import viatom_o2ring
from tests.fakes import frames
from tests.fakes.ble_peripheral import NOTIFY, UNREADABLE, WRITE, WRITEABLE, Peripheral
from tests.fakes.radio import Radio

SPO2, PULSE_RATE = 97, 138
_BLOCK_BYTES = 240


class O2Ring(Peripheral):
    """Answers in pieces of 20 bytes. `asked`: all questions that were written, put together again.

    `silent_to`: a question that it does not answer; `fails`: a question that it answers with an error.
    `shows`: what its clock says.
    """

    def __init__(self, radio: Radio, address: str = "C0:10:00:00:00:01") -> None:
        self.asked: list[bytes] = []
        self.worn, self.refuses = True, False
        self.files: dict[str, bytes] = {}
        self.shows = datetime(2026, 11, 30, 9)
        self.silent_to = self.fails = 0
        self.open_file: str | None = None
        self._held = b""
        self._reply = Characteristic(viatom_o2ring.NOTIFY, NOTIFY, UNREADABLE, b"")
        taken: CharacteristicValue[bytes] = CharacteristicValue(write=self._written)
        question = Characteristic[bytes](viatom_o2ring.WRITE, WRITE, WRITEABLE, taken)
        service = viatom_o2ring.SERVICE
        super().__init__(radio, "O2Ring", address, service, [self._reply, question], serial="O2-0001")

    async def power_on(self) -> None:
        await super().power_on()
        await self.advertise()

    async def _serve(self, connection: Connection) -> None:
        await asyncio.Event().wait()

    async def _gone(self) -> None:
        self._held, self.open_file = b"", None
        await self.advertise()

    async def _written(self, connection: Connection, piece: bytes) -> None:
        """It takes 20 bytes at a time."""
        if self.refuses or len(piece) > 20:
            raise ATT_Error(ErrorCode.UNLIKELY_ERROR)
        self._held += piece
        if len(self._held) >= 8 and len(self._held) == 8 + self._held[5]:
            question, self._held = self._held, b""
            self.asked.append(question)
            await self._answer(connection, question)

    async def _answer(self, connection: Connection, question: bytes) -> None:
        command, block = question[1], int.from_bytes(question[3:5], "little")
        if command == self.silent_to:
            return
        status, data = (1, b"") if command == self.fails else self._data(command, block, question[7:-1])
        reply = frames.viatom_reply(data, status, block)
        for at in range(0, len(reply), 20):
            await self._notify(connection, self._reply, reply[at : at + 20])

    def _data(self, command: int, block: int, said: bytes) -> tuple[int, bytes]:
        """Status and data."""
        match command:
            case 0x17:
                numbers = (SPO2, PULSE_RATE) if self.worn else (0xFF, 0)
                return 0, bytes((*numbers, 0, 0, 0, 0, 0, 85, 0, 0, 6, self.worn))
            case 0x14:
                return 0, self._info()
            case 0x03:
                self.open_file = said[:-1].decode()
                size = len(self.files.get(self.open_file, b""))
                return (0 if size else 9), size.to_bytes(4, "little")
            case 0x04 if self.open_file:
                at = block * _BLOCK_BYTES
                return 0, self.files[self.open_file][at : at + _BLOCK_BYTES]
            case 0x05:
                self.open_file = None
                return 0, b""
        return 1, b""

    def _info(self) -> bytes:
        """Filled up with zeros, as rings do."""
        shows = self.shows.strftime("%Y-%m-%d,%H:%M:%S")
        said = {"Model": "1652", "SN": "2101", "CurTIME": shows, "FileList": ",".join(self.files)}
        return json.dumps(said).encode().ljust(256, b"\x00")
