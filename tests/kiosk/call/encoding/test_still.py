import cv2
import numpy as np
import pytest

from drivers.frames import VideoFrame
from kiosk.call.encoding.still import still_jpeg
from tests.kiosk.call.encoding.moving import picture


def frame(i420: np.typing.NDArray[np.uint8]) -> VideoFrame:
    return VideoFrame(i420, i420.shape[1], i420.shape[0] * 2 // 3, 0.0, 1)


def size(jpeg: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.shape[1], image.shape[0]


@pytest.mark.parametrize("bytes_max", [3_000, 6_000, 12_000])
def test_it_fits_and_is_no_smaller_than_it_must_be(bytes_max: int) -> None:
    made = frame(np.asarray(picture(0.0).to_ndarray(), dtype=np.uint8))
    jpeg = still_jpeg(made, bytes_max)
    assert bytes_max * 0.5 < len(jpeg) <= bytes_max


def test_with_room_it_is_large_and_like_the_picture() -> None:
    made = frame(np.asarray(picture(0.0).to_ndarray(), dtype=np.uint8))
    jpeg = still_jpeg(made, 100_000)
    assert size(jpeg) == (320, 180)
    grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    luma = cv2.resize(made.i420[:360], (320, 180), interpolation=cv2.INTER_AREA).astype(float)
    studio = (luma - 16) * 255 / 219  # the camera's range, widened as JPEG wants it
    assert np.abs(grey - np.clip(studio, 0, 255)).mean() < 8


def test_noise_becomes_small() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (720, 640), dtype=np.uint8)
    assert size(still_jpeg(frame(noise), 3_500)) == (160, 120)


def test_what_cannot_fit_is_refused() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (720, 640), dtype=np.uint8)
    with pytest.raises(ValueError, match="300 bytes"):
        still_jpeg(frame(noise), 300)
