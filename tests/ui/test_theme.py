"""The colours that meet on a screen, measured (WCAG 2.2, relative luminance)."""

import pytest

from ui.theme import PAIRS, Pair, sizes


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(front: str, back: str) -> float:
    high, low = sorted((_luminance(front), _luminance(back)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_agrees_with_known_figures() -> None:
    assert round(contrast("#000091", "#FFFFFF"), 1) == 14.9
    assert round(contrast("#CE0500", "#FFFFFF"), 1) == 5.8


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p.front} on {p.back}")
def test_every_pair_can_be_read(pair: Pair) -> None:
    assert contrast(pair.front, pair.back) >= pair.ratio


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_no_text_is_small(scale: float) -> None:
    assert min(sizes(scale).small, sizes(scale).body) >= 20 * scale
