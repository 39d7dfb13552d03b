"""From voice packets to an even stream of sound: 20 ms whenever asked for. No clock of its own. Pure."""

from dataclasses import dataclass

import numpy as np

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, Samples
from kiosk.call.receiving.audio_buffer import AudioBuffer, Lost, Quiet, Sound, Wait
from kiosk.call.receiving.depth import Depth
from kiosk.call.receiving.opus import Decoder
from kiosk.call.receiving.opus_packet import copied
from kiosk.call.receiving.stretch import Stretch

_HELD_MAX = RATE_HZ // 5
_FADE_FROM, _FADE_OVER = RATE_HZ * 60 // 1000, RATE_HZ * 60 // 1000
_FADE_IN = RATE_HZ * 5 // 1000
_QUIET_LEVEL = 200  # of 32767: -44 dB
_SILENCE = np.zeros(CHUNK_SAMPLES, dtype=np.int16)


@dataclass(slots=True)
class Played:
    """Samples given out, by where they come from. `silence` is neither sound nor repair of one."""

    sound: int = 0
    fec: int = 0
    plc: int = 0
    silence: int = 0


class Playout:
    """Packets go into `buffer`; `tick` gives the next 20 ms of 48 kHz mono."""

    def __init__(self, decoder: Decoder) -> None:
        self.buffer = AudioBuffer()
        self.played = Played()
        self._decoder = decoder
        self._depth = Depth()
        self._stretch = Stretch()
        self._running = False
        self._waited = 0
        self._invented = 0  # in a row
        self._from_silence = True
        self._bridged = 0  # while waiting: whether it counts is known with the next packet

    @property
    def position(self) -> int | None:
        """The (growing) RTP timestamp of the sound that the next tick begins with; None in silence."""
        after = self.buffer.position
        return None if after is None or not self._running else after - self._stretch.length

    @property
    def depth_ms(self) -> float:
        """How much sound waits at this moment."""
        return (self.buffer.ahead + self._stretch.length) * 1000 / RATE_HZ

    def tick(self) -> Samples:
        """The next 20 ms; silence while nothing has come."""
        if not self._running and not self._start():
            self.played.silence += CHUNK_SAMPLES
            return _SILENCE.copy()
        ratio = self._depth.ratio()
        while self._stretch.needs(CHUNK_SAMPLES, ratio):
            self._refill()
        sound = self._stretch.pull(CHUNK_SAMPLES, ratio)
        if self._running:
            self._depth.seen(self.buffer.ahead + self._stretch.length)
            self._shed()
        return sound

    def _start(self) -> bool:
        """As soon as there is as much as this line needs, or something has waited for so long."""
        if not self.buffer.waiting:
            self._waited = 0
            return False
        self._waited += CHUNK_SAMPLES
        if self.buffer.ahead < self._depth.wanted and self._waited <= self._depth.wanted:
            return False
        self._settle(counted=not self.buffer.start(int(self._depth.wanted)))
        self._depth.restart()
        self._running, self._waited, self._from_silence = True, 0, True
        return True

    def _refill(self) -> None:
        step = self.buffer.take()
        if not isinstance(step, Wait):
            self._settle(counted=not isinstance(step, Quiet))
            self._grow()
        if isinstance(step, Sound):
            self._push(self._decode(step))
        elif isinstance(step, Lost):
            self._repair(step)
        elif isinstance(step, Quiet):
            self.played.silence += step.samples
            self._invent(self._decoder.conceal(step.samples))
        else:
            self._bridge()

    def _decode(self, step: Sound) -> Samples:
        sound = self._decoder.decode(step.piece.payload)
        if sound is None:
            self.buffer.counts.bad += 1
            self.played.plc += step.piece.samples
            return self._faded(self._decoder.conceal(step.piece.samples))
        self.played.sound += len(sound)
        self._invented = 0
        return sound

    def _repair(self, lost: Lost) -> None:
        """The copy that the next packet carries, and a guess for what is before it."""
        saved = min(lost.samples, copied(lost.following))
        self.played.fec += saved
        self.played.plc += lost.samples - saved
        sound = self._decoder.conceal(lost.samples, lost.following)
        self._invent(sound[: lost.samples - saved])
        if saved:
            self._invented = 0
            self._push(sound[lost.samples - saved :])

    def _bridge(self) -> None:
        """Nothing is here: invent one more piece, or give up until something comes."""
        self._bridged += CHUNK_SAMPLES
        self._invent(self._decoder.conceal(CHUNK_SAMPLES))
        if self.buffer.held(CHUNK_SAMPLES) >= _HELD_MAX:
            self.buffer.stop()
            self._running = False

    def _grow(self) -> None:
        if self.buffer.grown:
            self._depth.shift(self.buffer.grown)
            self.buffer.grown = 0

    def _settle(self, counted: bool) -> None:
        """What was bridged was a repair of sound, or a pause of the sender."""
        if counted:
            self.played.plc += self._bridged
        else:
            self.played.silence += self._bridged
        self._bridged = 0

    def _invent(self, sound: Samples) -> None:
        if len(sound):
            self._push(self._faded(sound))

    def _faded(self, sound: Samples) -> Samples:
        """What is made up for long sounds like a robot: it gets quieter and ends."""
        at = self._invented + np.arange(len(sound)) - _FADE_FROM
        self._invented += len(sound)
        faded = sound * np.clip(1 - at / _FADE_OVER, 0, 1)
        return np.asarray(faded, dtype=np.int16)

    def _push(self, sound: Samples) -> None:
        if self._from_silence:
            ramp = np.ones(len(sound))
            ramp[:_FADE_IN] = np.linspace(0, 1, len(ramp[:_FADE_IN]))
            sound = np.asarray(sound * ramp, dtype=np.int16)
            self._from_silence = False
        self._stretch.push(sound)

    def _shed(self) -> None:
        """Leave a piece out when far too much waits."""
        if self.buffer.ahead < 2 * CHUNK_SAMPLES or not self._depth.may_shed(quiet=True):
            return
        step = self.buffer.take()
        if not isinstance(step, Sound):
            if isinstance(step, Lost):
                self._repair(step)
            elif isinstance(step, Quiet):
                self.played.silence += step.samples
                self._depth.shift(-step.samples)
            return
        sound = self._decode(step)
        if self._depth.may_shed(quiet=bool(np.abs(sound).max(initial=0) < _QUIET_LEVEL)):
            self._stretch.blend(sound, _FADE_IN)
            self._depth.shift(-len(sound))
        else:
            self._push(sound)
