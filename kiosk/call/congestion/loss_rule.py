"""Is it we who lose packets, or the line? Cut and see: a policer stops to drop, a bad line does not. Pure."""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from itertools import takewhile
from math import sqrt

_WINDOW_S = 2.0
_PACKETS_MIN = 40
_MARGIN = 0.04
_SIGMAS = 2.5
_HEAVY = 0.30
_HEAVY_WINDOW_S = 0.6
_HEAVY_PACKETS_MIN = 15
_TRIAL_S, _TRIAL_MAX_S = 1.0, 4.0
_EXPECTED_MIN = 10  # losses, if the trial changes nothing: fewer could be missing by chance
_FELL = 0.35  # of what was lost above the usual
_FORGET_S = 30.0


class Verdict(Enum):
    """TRY: cut the rate, it is a trial. LINE: the trial changed nothing, take the old rate again.

    OURS: we send too much. HEAVY: nearly a third is lost, whoever does it.
    """

    NONE = auto()
    TRY = auto()
    LINE = auto()
    OURS = auto()
    HEAVY = auto()


@dataclass(slots=True)
class _Trial:
    before: float
    counted_from_s: float


class LossRule:
    """Give it each packet's fate, then ask for a `verdict`. `usual`: the loss that the line has by itself."""

    def __init__(self) -> None:
        self._fates: deque[tuple[float, float, int]] = deque()
        self._lost, self._count = 0.0, 0  # of all these: asked for with every packet that leaves
        self._trial: _Trial | None = None
        self._asked_s: float | None = None
        self.usual = 0.0

    def add(self, at_s: float, lost: float, count: int = 1) -> None:
        """`lost` of `count` packets."""
        self._fates.append((at_s, lost, count))
        self._lost, self._count = self._lost + lost, self._count + count
        while self._fates[0][0] < at_s - _WINDOW_S:
            _, lost, count = self._fates.popleft()
            self._lost, self._count = self._lost - lost, self._count - count

    @property
    def loss(self) -> float:
        # What was added and taken away again may leave a trace below zero.
        return max(0.0, self._lost) / self._count if self._count else 0.0

    @property
    def trying(self) -> bool:
        return self._trial is not None

    def forget(self) -> None:
        """What was counted so far says nothing about now: after a cut, or another change of rate."""
        self._fates.clear()
        self._lost, self._count = 0.0, 0
        self._trial = None

    def verdict(self, now_s: float, settle_s: float) -> Verdict:
        """`settle_s`: how long a change of rate takes until it shows here (a round trip and a report)."""
        self._learn(now_s)
        heavy, count = self._since(now_s - _HEAVY_WINDOW_S)
        if count >= _HEAVY_PACKETS_MIN and heavy > _HEAVY:
            self.forget()
            return Verdict.HEAVY
        if self._trial is not None:
            return self._conclude(self._trial, now_s)
        loss, count = self.loss, self._count
        if count < _PACKETS_MIN or loss - self.usual < self._margin(loss, count):
            return Verdict.NONE
        self._trial = _Trial(loss, now_s + settle_s)
        return Verdict.TRY

    def _conclude(self, trial: _Trial, now_s: float) -> Verdict:
        loss, count = self._since(trial.counted_from_s)
        tried_s = now_s - trial.counted_from_s
        excess = trial.before - self.usual
        if tried_s < _TRIAL_S or (excess * count < _EXPECTED_MIN and tried_s < _TRIAL_MAX_S):
            return Verdict.NONE
        self.forget()
        if excess * count >= _EXPECTED_MIN and loss - self.usual < _FELL * excess:
            return Verdict.OURS
        self.usual = max(self.usual, loss)
        return Verdict.LINE

    def _learn(self, now_s: float) -> None:
        """The usual loss falls, slowly, towards what is lost now; only a trial raises it."""
        passed_s = now_s - (now_s if self._asked_s is None else self._asked_s)
        self._asked_s = now_s
        loss, count = self.loss, self._count
        if count >= _PACKETS_MIN and loss < self.usual:
            self.usual += (loss - self.usual) * min(1.0, passed_s / _FORGET_S)

    def _since(self, since_s: float) -> tuple[float, int]:
        recent = list(takewhile(lambda fate: fate[0] >= since_s, reversed(self._fates)))
        total = sum(count for _, _, count in recent)
        return (sum(lost for _, lost, _ in recent) / total if total else 0.0), total

    @staticmethod
    def _margin(loss: float, count: int) -> float:
        return max(_MARGIN, _SIGMAS * sqrt(loss * (1 - loss) / count))
