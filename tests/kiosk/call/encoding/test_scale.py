import av
import numpy as np
import pytest

from kiosk.call.encoding.scale import fitted, scaled
from kiosk.call.streams import Size
from tests.kiosk.call.encoding.moving import picture


@pytest.mark.parametrize(
    ("width", "height", "box", "expected"),
    [
        (1280, 720, (1280, 720), (1280, 720)),
        (1280, 720, (640, 480), (640, 360)),
        (640, 480, (640, 360), (480, 360)),
        (640, 480, (160, 120), (160, 120)),
        (640, 480, (1280, 960), (640, 480)),  # never enlarged
        (1920, 1080, (333, 999), (332, 188)),
        (641, 481, (2000, 2000), (640, 480)),
    ],
)
def test_proportions_are_kept(
    width: int, height: int, box: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert fitted(width, height, Size(*box, 30.0)) == expected


@pytest.mark.parametrize("size", [(320, 180), (480, 270), (160, 90), (640, 360)])
def test_the_picture_stays_the_same_one(size: tuple[int, int]) -> None:
    """Halving goes another way than the other sizes: both must give the mean of each area."""
    frame = picture(1.0)
    small = scaled(frame, *size)
    assert (small.width, small.height) == size
    assert (small.pts, small.time_base) == (frame.pts, frame.time_base)
    wide, luma = frame.to_ndarray()[:360].astype(float), small.to_ndarray()[: size[1]].astype(float)
    assert abs(wide.mean() - luma.mean()) < 1
    quarters = [part.mean() for half in np.array_split(wide, 2) for part in np.array_split(half, 2, axis=1)]
    parts = [part.mean() for half in np.array_split(luma, 2) for part in np.array_split(half, 2, axis=1)]
    assert parts == pytest.approx(quarters, abs=1.5)


def test_colours_stay_in_their_planes() -> None:
    i420 = np.zeros((96 * 3 // 2, 128), dtype=np.uint8)
    i420[:96], flat = 50, i420.reshape(-1)
    flat[96 * 128 : 96 * 160], flat[96 * 160 :] = 100, 200
    small = scaled(av.VideoFrame.from_ndarray(i420, format="yuv420p"), 64, 48)
    planes = [np.frombuffer(memoryview(plane), np.uint8) for plane in small.planes]
    values = [
        set(p.reshape(-1, v.line_size)[:, : v.width].flat) for p, v in zip(planes, small.planes, strict=True)
    ]
    assert values == [{50}, {100}, {200}]
