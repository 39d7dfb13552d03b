"""How a camera is held: its picture is turned, and mirrored where the optics mirror. Pure."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Orientation:
    """The picture is turned clockwise by `turned_deg` (0, 90, 180 or 270), then mirrored left to right."""

    turned_deg: int = 0
    mirrored: bool = False

    def quarter_turn(self) -> "Orientation":
        """What is seen turns clockwise by 90 degrees, also when it is mirrored."""
        step = -90 if self.mirrored else 90
        return replace(self, turned_deg=(self.turned_deg + step) % 360)

    def mirror(self) -> "Orientation":
        """Left and right of what is seen change places."""
        return replace(self, mirrored=not self.mirrored)

    def apply(self, picture: Image) -> Image:
        """`picture` of shape (height, width, 3) as it is to be seen."""
        turned = np.rot90(picture, -(self.turned_deg // 90))
        return np.fliplr(turned) if self.mirrored else turned


AS_IT_COMES = Orientation()
