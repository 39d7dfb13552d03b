import pytest

from kiosk.call.line import Measure, combine, judge
from kiosk.call.page_messages import Line
from kiosk.events import LineQuality


@pytest.mark.parametrize(
    ("rtt_ms", "loss", "quality"),
    [
        (None, None, LineQuality.UNKNOWN),
        (40, 0.0, LineQuality.GOOD),
        (None, 0.03, LineQuality.FAIR),
        (250, 0.0, LineQuality.FAIR),
        (250, 0.2, LineQuality.POOR),
        (900, None, LineQuality.POOR),
    ],
)
def test_judgement(rtt_ms: float | None, loss: float | None, quality: LineQuality) -> None:
    assert judge(rtt_ms, loss) is quality


def test_the_worse_end_counts() -> None:
    ours, page = Measure(40, 0.0, 1), Line(LineQuality.POOR, 30, 0.3)
    assert combine(ours, page) == Line(LineQuality.POOR, 40, 0.3)
    assert combine(Measure(500, 0.0, 1), Line(LineQuality.GOOD, None, None)).quality is LineQuality.POOR
    assert combine(ours, None) == Line(LineQuality.GOOD, 40, 0.0)
