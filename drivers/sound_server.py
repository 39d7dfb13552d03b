"""The sound server (PulseAudio, or PipeWire in its place): the sources, and who records from which."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from devices.device import AudioMatch
from drivers.chunks import RATE_HZ
from drivers.instrument import DriverError, Reason

NO_INDEX = 0xFFFFFFFF
RETRY_S = 1.0
CONNECT_S = 3.0
ANSWER_S = 1.0
EVENTS = ("source", "server")


@dataclass(frozen=True, slots=True)
class SoundSource:
    """One source as it is now. `index` is never used again by the server after the source has gone.

    `rate_hz`: at which the server reads the device. `address`: of what is no source of the server's.
    """

    index: int
    name: str
    description: str
    monitor: bool
    usb_id: tuple[int, int] | None = None
    serial: str = ""
    manufacturer: str = ""
    path: str = ""
    rate_hz: int = RATE_HZ
    address: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.name, self.description

    @property
    def stable_id(self) -> str:
        """The same after a replug: `usb:vid:pid:serial`, else the source's name."""
        if self.address:
            return self.address
        if self.usb_id is None:
            return f"name:{self.name}"
        return f"usb:{self.usb_id[0]:04x}:{self.usb_id[1]:04x}:{self.serial}"


def is_match(source: SoundSource, match: AudioMatch) -> bool:
    """True when the USB id, or a word of the description, is one that `match` lists. Never a monitor."""
    if source.monitor:
        return False
    if source.usb_id in match.usb_ids:
        return True
    description = source.description.lower()
    return any(word.lower() in description for word in match.name_words)


class SoundServer:
    """One connection, shared by everybody who records. `run` for as long as the kiosk lives.

    `sources` is None while there is no server. `address` as in PULSE_SERVER; None: the user's own server.
    """

    gone = Reason.UNPLUGGED

    def __init__(self, address: str | None = None) -> None:
        self.address = address
        self.sources: tuple[SoundSource, ...] | None = None
        self.default_source = ""
        self._pulse: Any = None
        self._listeners: list[Callable[[], None]] = []
        self._questions: set[asyncio.Future[Any]] = set()

    @property
    def trouble(self) -> Reason:
        """Why nobody can tell what is there."""
        return Reason.SOUND_SERVER_MISSING if self.sources is None else Reason.NONE

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the loop whenever sources came, went or changed, or the server did."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Stay connected until cancelled; retries every second while there is no server."""
        while True:
            try:
                await self._follow_events()
            except DriverError:
                self._forget()
            await asyncio.sleep(RETRY_S)

    async def refresh(self) -> None:
        """Ask the server now. DriverError with SOUND_SERVER_MISSING when it does not answer."""
        info, listed = await self._ask("server_info"), await self._ask("source_list")
        self.default_source = str(info.default_source_name)
        sources = tuple(_read_source(source) for source in listed)
        if sources != self.sources:
            self.sources = sources
            self._tell()

    async def find_stream(self, key: str, value: str) -> int | None:
        """The index of the recording stream with this property, or None when there is none yet."""
        for stream in await self._ask("source_output_list"):
            if stream.proplist.get(key) == value:
                return int(stream.index)
        return None

    async def source_of(self, stream: int) -> int | None:
        """The index of the source that this stream hears at this moment; None when the stream has ended."""
        answer = await self._ask("source_output_info", stream)
        return None if answer is None else int(answer.source)

    async def look(self) -> None:
        """Once, in the place of `run`: `sources` are those of now. DriverError as of `refresh`."""
        async with self._connected():
            await self.refresh()

    async def _follow_events(self) -> None:
        async with self._connected() as pulse:
            await self.refresh()
            async with aclosing(pulse.subscribe_events(*EVENTS)) as events:
                async for _ in events:
                    await self.refresh()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        # Looking for libpulse runs other programs: not on the loop.
        pulsectl, pulsectl_asyncio = await asyncio.to_thread(_load_libraries)
        failures = (pulsectl.PulseError, pulsectl.PulseDisconnected, TimeoutError)
        pulse = pulsectl_asyncio.PulseAsync("telecabine", server=self.address)
        try:
            await pulse.connect(timeout=CONNECT_S)
            self._pulse = pulse
            yield pulse
        except failures as error:
            raise DriverError(Reason.SOUND_SERVER_MISSING, str(error)) from error
        finally:
            self._pulse = None
            if self._questions:  # the library would give one that was answered just now a second answer
                await asyncio.wait(self._questions, timeout=ANSWER_S)
            pulse.close()

    async def _ask(self, question: str, *arguments: int) -> Any:
        """The answer, or None when the object asked for does not exist.

        The question is never cancelled: libpulse would call back into a function that is already freed.
        """
        pulsectl, _ = _load_libraries()
        if self._pulse is None:
            raise DriverError(Reason.SOUND_SERVER_MISSING)
        task = asyncio.ensure_future(getattr(self._pulse, question)(*arguments))
        self._questions.add(task)
        task.add_done_callback(self._answered)
        await asyncio.wait([task], timeout=ANSWER_S)
        if not task.done():
            raise DriverError(Reason.SOUND_SERVER_MISSING, f"no answer to {question}")
        try:
            return task.result()
        except pulsectl.PulseIndexError:
            return None
        except (pulsectl.PulseError, pulsectl.PulseDisconnected) as error:
            raise DriverError(Reason.SOUND_SERVER_MISSING, str(error)) from error

    def _answered(self, task: asyncio.Future[Any]) -> None:
        self._questions.discard(task)
        if not task.cancelled():
            task.exception()  # an answer that nobody waits for any more is not an error of anybody's

    def _forget(self) -> None:
        if self.sources is not None:
            self.sources = None
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _load_libraries() -> tuple[Any, Any]:
    """pulsectl loads libpulse when it is imported: late, and not everywhere."""
    try:
        import pulsectl
        import pulsectl_asyncio
    except (ImportError, OSError) as error:
        raise DriverError(Reason.SOUND_SERVER_MISSING, str(error)) from error
    pulsectl.PulseSourceInfo._init_from_struct = _keep_rate
    return pulsectl, pulsectl_asyncio


def _keep_rate(info: Any, struct: Any) -> None:
    """Called while libpulse's own structure is there; the library's `sample_spec` points into it for ever."""
    info.rate_hz = int(struct.sample_spec.rate)


def _read_source(source: Any) -> SoundSource:
    properties: Mapping[str, str] = source.proplist
    return SoundSource(
        index=int(source.index),
        name=str(source.name),
        description=str(source.description),
        monitor=source.monitor_of_sink != NO_INDEX,
        usb_id=_usb_id(properties),
        serial=properties.get("device.serial", ""),
        manufacturer=properties.get("device.vendor.name", ""),
        path=properties.get("device.bus_path", ""),
        rate_hz=source.rate_hz,
    )


def _usb_id(properties: Mapping[str, str]) -> tuple[int, int] | None:
    """PulseAudio writes `0d8c`, PipeWire `0x0d8c`. PCI cards have such numbers too: those do not count."""
    if properties.get("device.bus") != "usb":
        return None
    try:
        return int(properties["device.vendor.id"], 16), int(properties["device.product.id"], 16)
    except (KeyError, ValueError):
        return None
