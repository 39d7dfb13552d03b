"""Whether a result without a date may be one that the instrument had kept: it may then be anybody's."""

import time
from collections.abc import Callable

from devices.event import Event, Measured, Samples, Signal, SignalState
from devices.measuring import all_absent
from devices.reading import SHY, Kind, Quality

_SHORTEST_S = {Kind.CUFF: 15.0}  # from the first stroke of the pump to the result
_OTHERS_S = 5.0


class Undated:
    """Told of each connection. An instrument sends what it kept as soon as somebody listens, one by one.

    What comes later than the shortest measurement since then was measured meanwhile; so was what was seen
    being measured (the cuff's pressure, a temperature that rises, a weight that has not settled).
    """

    def __init__(self, kind: Kind, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._kind = kind
        self._clock_s = clock_s
        self._quiet_since_s: float | None = None
        self._seen_measuring = False

    def connected(self) -> None:
        """Somebody listens from now on. Never told of a link that is always there: nothing is doubted."""
        self._quiet_since_s = self._clock_s()
        self._seen_measuring = False

    def is_doubtful(self, event: Event, came_s: float | None = None) -> bool:
        """Call it for each event, in order. `came_s`: when it arrived; None: now."""
        match event:
            case Samples() | Signal(state=SignalState.MEASURING | SignalState.SEARCHING):
                self._seen_measuring = True
            case Measured() if self._is_whole(event) and not all_absent(event.quantities):
                return (
                    event.device_time is None and not self._seen_measuring and self._too_soon(event, came_s)
                )
            case Measured():
                self._seen_measuring |= not all_absent(event.quantities)
        return False

    def _is_whole(self, event: Measured) -> bool:
        """A stream is of now."""
        return not event.live and (event.finished or (event.kind or self._kind) in SHY)

    def _too_soon(self, event: Measured, came_s: float | None) -> bool:
        if self._quiet_since_s is None or Quality.TIME_UNSURE in event.quality:
            return False
        at_s = self._clock_s() if came_s is None else came_s
        soon = at_s - self._quiet_since_s < _SHORTEST_S.get(event.kind or self._kind, _OTHERS_S)
        if soon:
            self._quiet_since_s = max(self._quiet_since_s, at_s)
        return soon
