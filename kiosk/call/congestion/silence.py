"""Nothing is heard any more: was the line cut, or is it full? Pure: times are passed in, in s."""

from collections.abc import Iterable

_AFTER_S = 0.6
_REPORTS_AFTER_S = 3.0  # where only receiver reports answer
_BACK_AGAIN_S = 0.15
_EDGE_S = 0.3  # of a silence: what was sent then may have come although the line was cut in between
_MIDDLE_MIN_S = 0.3
_RTT_USUAL_MAX_S = 0.3


class Silence:
    """Tell it what is `sent` and `heard`; it says whether a silence `lasts`, is `over`, and what it was."""

    def __init__(self) -> None:
        self.answered = False
        self.lost_before_s = 0.0
        """What was sent until then may have been lost in the last silence: it says nothing of the line."""
        self._sent_s: float | None = None
        self._heard_s: float | None = None
        self._since_s = 0.0
        self._back_s: float | None = None
        self._came: list[float] = []

    def sent(self, now_s: float) -> None:
        if self._sent_s is None or now_s - self._sent_s > _AFTER_S:
            self._heard_s = max(self._heard_s or 0.0, now_s)  # who was quiet waits for no answer
        self._sent_s = now_s

    def heard(self, now_s: float) -> None:
        self.answered = True
        self._heard_s = now_s

    def lasts(self, rtt_s: float | None, acknowledged: bool, now_s: float) -> bool:
        """`acknowledged`: each packet is answered, not only each report."""
        if self._sent_s is None or self._heard_s is None or now_s - self._sent_s > _AFTER_S:
            return False
        patience_s = _AFTER_S + (rtt_s or 0.0) if acknowledged else _REPORTS_AFTER_S
        return now_s - self._heard_s > patience_s

    def begin(self, now_s: float) -> None:
        self._since_s, self._came = self._heard_s or now_s, []

    def go_on(self) -> None:
        """It was not over after all."""
        self._back_s = None

    def end(self, now_s: float) -> bool:
        """Something is heard again. False: this is known already."""
        if self._back_s is not None:
            return False
        self._back_s = self.lost_before_s = now_s
        return True

    def came(self, sent_s: Iterable[float]) -> None:
        """When those were sent that arrived although nothing was heard of them."""
        self._came += sent_s

    def over(self, now_s: float) -> bool:
        return self._back_s is not None and now_s - self._back_s >= _BACK_AGAIN_S

    def let_through(self, rtt_s: float | None) -> bool | None:
        """A line that was cut let nothing pass in its middle; a full one did. None: too short to tell."""
        edge_s = _EDGE_S + min(_RTT_USUAL_MAX_S, rtt_s or 0.0)
        since_s, until_s = self._since_s + edge_s, (self._back_s or 0.0) - edge_s
        if until_s - since_s < _MIDDLE_MIN_S:
            return None
        return any(since_s < sent_s < until_s for sent_s in self._came)
