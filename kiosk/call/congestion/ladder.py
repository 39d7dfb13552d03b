"""Which size and rate a picture should have for what it may cost. Pure, with a memory against flapping."""

from dataclasses import replace

from kiosk.call.streams import Size

# (lines, pictures a second), from rich to poor; smooth is worth more than sharp down to 240 lines.
_RUNGS = (
    (720, 30.0),
    (540, 30.0),
    (480, 30.0),
    (480, 20.0),
    (480, 15.0),
    (360, 15.0),
    (240, 15.0),
    (180, 15.0),
    (120, 15.0),
    (120, 10.0),
    (120, 7.5),
    (120, 5.0),
)
# bit/s = _FACTOR * (pixels/s) ** _POWER: x264 superfast is right at 350k for VGA at 30, 100k for QVGA at 15.
_FACTOR, _POWER = 22.5, 0.602
_WIDTH_MAX, _HEIGHT_MAX = 1280, 720
_STAY = 0.9  # of what the rung in use needs
_CLIMB = 1.15  # of what a higher one needs
_CLIMB_AFTER_S = 3.0


def needed_bps(size: Size) -> float:
    """What a picture of this size and rate needs to look right."""
    return float(_FACTOR * _pixels_hz(size) ** _POWER)


def rungs(source: Size) -> list[Size]:
    """From the source's own size (at most 1280x720 at 30) down to 120 lines at 5 Hz, in its proportions."""
    scale = min(1.0, _WIDTH_MAX / source.width, _HEIGHT_MAX / source.height)
    top = replace(_scaled(source, scale), rate_hz=min(source.rate_hz, 30.0))
    steps = [top]
    for lines, rate_hz in _RUNGS:
        step = _scaled(top, min(1.0, lines / top.height))
        step = replace(step, rate_hz=min(rate_hz, top.rate_hz))
        if needed_bps(step) < needed_bps(steps[-1]):
            steps.append(step)
    return steps


class Ladder:
    """One picture track's place on it: down at once, up after 3 s of clear room."""

    def __init__(self) -> None:
        self._source: Size | None = None
        self._place = 0
        self._room_since_s: float | None = None
        self._room_place = 0  # the highest that has been open all the time since then

    def choose(self, rate_bps: float, source: Size, processor_limit: float, now_s: float) -> Size:
        """`rate_bps` for this track; `processor_limit`, above 0 to 1, of the source's pixels a second."""
        steps = rungs(source)
        best = _best(steps, rate_bps, processor_limit, 1.0)
        if source != self._source:
            self._source, self._place, self._room_since_s = source, best, None
        elif not _fits(steps[self._place], steps[0], rate_bps, processor_limit, _STAY):
            self._place, self._room_since_s = max(best, self._place), None
        else:
            self._climb(_best(steps, rate_bps, processor_limit, _CLIMB), now_s)
        return steps[self._place]

    def _climb(self, place: int, now_s: float) -> None:
        if place >= self._place:
            self._room_since_s = None
            return
        if self._room_since_s is None:
            self._room_since_s, self._room_place = now_s, place
        self._room_place = max(self._room_place, place)
        if now_s - self._room_since_s >= _CLIMB_AFTER_S:
            self._place, self._room_since_s = self._room_place, None


def _best(steps: list[Size], rate_bps: float, processor_limit: float, margin: float) -> int:
    fitting = (n for n, step in enumerate(steps) if _fits(step, steps[0], rate_bps, processor_limit, margin))
    return next(fitting, len(steps) - 1)


def _fits(step: Size, top: Size, rate_bps: float, processor_limit: float, margin: float) -> bool:
    processor = processor_limit >= 1.0 or _pixels_hz(step) * margin <= processor_limit * _pixels_hz(top)
    return processor and rate_bps >= margin * needed_bps(step)


def _pixels_hz(size: Size) -> float:
    return size.width * size.height * size.rate_hz


def _scaled(size: Size, scale: float) -> Size:
    return Size(_even(size.width * scale), _even(size.height * scale), size.rate_hz)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
