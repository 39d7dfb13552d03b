"""Voice packets on their way to the decoder: put in order, each known as here, late, twice or lost. Pure.

It has no clock: time is what has been taken out. Whoever plays asks for the next step when sound runs short.
"""

from collections import deque
from dataclasses import dataclass

from drivers.chunks import RATE_HZ
from kiosk.call.receiving.opus_packet import copied, duration
from kiosk.call.receiving.sequence import Sequence, Timestamps

_SPAN_MAX = 2 * RATE_HZ
_PIECES_MAX = 200
_REMEMBERED = 64  # packets that were played: a second copy of one is not late
_GAP_MAX = RATE_HZ // 2  # a longer one is jumped over
_CREDIT_MAX = RATE_HZ // 10


@dataclass(frozen=True, slots=True)
class Piece:
    """One packet. `timestamp` and `samples` count at 48 kHz (RFC 7587 section 4.1)."""

    sequence: int
    timestamp: int
    samples: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Sound:
    """Decode this."""

    piece: Piece


@dataclass(frozen=True, slots=True)
class Lost:
    """So much sound is missing for good; `following` comes right after and may carry a copy of its end."""

    samples: int
    following: bytes


@dataclass(frozen=True, slots=True)
class Quiet:
    """The sender sent nothing for so long (DTX, RFC 7587 section 3.1.3): nothing is lost."""

    samples: int


@dataclass(frozen=True, slots=True)
class Wait:
    """The next packet may still come: bridge a little, and say so with `held`."""


Step = Sound | Lost | Quiet | Wait


@dataclass(slots=True)
class Counts:
    """Packets since the beginning."""

    received: int = 0
    lost: int = 0
    late: int = 0
    repeated: int = 0
    bad: int = 0


class AudioBuffer:
    """At most two seconds of packets. `put` what arrives; `start`, then `take` what comes next."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.grown = 0  # samples by which waiting has lengthened the delay; whoever acts on it sets it to 0
        self._ssrc: int | None = None
        self._forget()

    def _forget(self) -> None:
        self._sequence, self._timestamps = Sequence(), Timestamps()
        self._pieces: dict[int, Piece] = {}
        self._played: deque[int] = deque(maxlen=_REMEMBERED)
        self._end: int | None = None  # of the newest sound that has come
        self._next: int | None = None  # the sound that comes next
        self._stopped_at = 0
        self._taken = 0  # the sequence number of the last packet that has left
        self._held = 0  # what was bridged while waiting
        self._credit = 0  # how much too late packets have come: waiting longer would have saved them

    def put(self, ssrc: int, number: int, timestamp: int, payload: bytes) -> None:
        """One packet as it arrives."""
        self.counts.received += 1
        samples = duration(payload)
        if not samples:
            self.counts.bad += 1
            return
        if ssrc != self._ssrc:
            self._ssrc = ssrc
            self._forget()
        sequence = self._sequence.extend(number)
        if sequence is None:
            self.counts.bad += 1
            return
        self._keep(Piece(sequence, self._timestamps.extend(timestamp), samples, payload))

    def _keep(self, piece: Piece) -> None:
        end = piece.timestamp + piece.samples
        if self._end is not None and abs(end - self._end) > _SPAN_MAX:
            self._pieces.clear()
            self._next, self._end = None, None
        if piece.sequence in self._pieces or piece.sequence in self._played:
            self.counts.repeated += 1
        elif self._next is not None and piece.sequence <= self._taken:
            self._missed(self._next - piece.timestamp)
        else:
            self._pieces[piece.sequence] = piece
            self._end = end if self._end is None else max(self._end, end)
            if len(self._pieces) > _PIECES_MAX:
                del self._pieces[min(self._pieces)]

    def _missed(self, by: int) -> None:
        """Its time has passed."""
        self.counts.late += 1
        if 0 < by <= _CREDIT_MAX:
            self._credit = max(self._credit, by)

    @property
    def ahead(self) -> int:
        """Samples from the next one to the end of the newest packet."""
        if not self._pieces or self._end is None:
            return 0
        return self._end - (self._pieces[min(self._pieces)].timestamp if self._next is None else self._next)

    @property
    def position(self) -> int | None:
        """The (growing) timestamp of what `take` gives next; None while stopped."""
        return self._next

    @property
    def waiting(self) -> bool:
        """Whether there is anything to start with."""
        return bool(self._pieces)

    def start(self, wanted: int) -> bool:
        """Begin, with at most about `wanted` samples at hand; older ones are left out.

        Whether the sender had only paused: nothing was lost since `stop`.
        """
        while len(self._pieces) > 1:
            oldest = self._pieces[min(self._pieces)]
            if self._end is None or self._end - oldest.timestamp <= wanted + oldest.samples:
                break
            del self._pieces[oldest.sequence]
        head = self._pieces[min(self._pieces)]
        paused = head.sequence == self._taken + 1 and head.timestamp > self._stopped_at
        self._next, self._taken, self._held, self._credit = head.timestamp, head.sequence - 1, 0, 0
        return paused

    def stop(self) -> None:
        """Nothing came for too long: begin anew with `start`."""
        self._stopped_at = self._next or 0
        self._next = None

    def held(self, samples: int) -> int:
        """So much was bridged without going on. What has been bridged since the last packet."""
        self._held += samples
        return self._held

    def take(self) -> Step:
        """What comes next."""
        head = self._head()
        if head is None or self._next is None:
            return Wait()
        gap = head.timestamp - self._next
        if gap <= 0:
            return self._sound(head)
        missing = head.sequence - self._taken - 1
        if gap > _GAP_MAX:
            self.counts.lost += 1
            return self._sound(head)
        if missing and self._credit > 0 and self._held < _CREDIT_MAX:
            self._credit = max(0, self._credit - head.samples)
            return Wait()
        # What was bridged while waiting is paid back, but not where the next packet has a copy of the sound.
        kept = min(gap, copied(head.payload)) if missing else 0
        paid = min(self._held, gap - kept)
        gap -= paid
        self.grown += self._held - paid
        self._next, self._taken, self._held = head.timestamp, head.sequence - 1, 0
        self.counts.lost += missing
        if not gap:
            return self._sound(head)
        return Lost(gap, head.payload) if missing else Quiet(gap)

    def _head(self) -> Piece | None:
        """The packet with the lowest number; such whose time has passed are dropped."""
        while self._pieces:
            head = self._pieces[min(self._pieces)]
            if self._next is None or head.timestamp + head.samples > self._next:
                return head
            del self._pieces[head.sequence]
            self.counts.bad += 1
        return None

    def _sound(self, head: Piece) -> Sound:
        del self._pieces[head.sequence]
        self.grown += self._held
        self._taken, self._held = head.sequence, 0
        self._played.append(head.sequence)
        self._next = head.timestamp + head.samples
        return Sound(head)
