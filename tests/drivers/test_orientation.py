"""What turning and mirroring do to pixels, seen from the person who looks at them."""

import numpy as np
import pytest

from drivers.frames import to_bgra, to_i420
from drivers.orientation import AS_IT_COMES, Orientation

CAMERA = np.zeros((4, 6, 3), dtype=np.uint8)
CAMERA[:2, :2] = 255  # a white corner, top left


def corner(orientation: Orientation) -> tuple[str, str]:
    """Where the white corner is seen."""
    seen = to_bgra(to_i420(CAMERA, 0.0, 1, orientation))[:, :, 0]
    row, column = (int(at.mean()) for at in np.nonzero(seen > 200))
    return "top" if row < seen.shape[0] // 2 else "bottom", "left" if column < seen.shape[1] // 2 else "right"


def test_four_quarter_turns_go_round_clockwise_also_in_a_mirror() -> None:
    places = [("top", "left"), ("top", "right"), ("bottom", "right"), ("bottom", "left")]
    for start in (AS_IT_COMES, AS_IT_COMES.mirror()):
        orientation, at = start, places.index(corner(start))
        for step in range(1, 5):
            orientation = orientation.quarter_turn()
            assert corner(orientation) == places[(at + step) % 4]
        assert orientation == start


@pytest.mark.parametrize("turns", range(4))
def test_a_mirror_changes_left_and_right_of_what_is_seen(turns: int) -> None:
    orientation = AS_IT_COMES
    for _ in range(turns):
        orientation = orientation.quarter_turn()
    row, column = corner(orientation)
    assert corner(orientation.mirror()) == (row, "right" if column == "left" else "left")
    assert orientation.mirror().mirror() == orientation


def test_the_picture_says_what_was_done_to_it() -> None:
    held = Orientation(90, mirrored=True)
    frame = to_i420(CAMERA, 0.0, 1, held)
    assert (frame.width, frame.height, frame.orientation) == (4, 6, held)
    plain = to_bgra(to_i420(CAMERA, 0.0, 1))[:, :, 0]
    assert np.array_equal(to_bgra(frame)[:, :, 0], np.fliplr(np.rot90(plain, -1)))
