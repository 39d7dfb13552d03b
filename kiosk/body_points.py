"""Where on the body something was taken: the key that travels, and the French words that the record uses."""

from enum import StrEnum


class BodyPoint(StrEnum):
    """Where the stethoscope is placed. Left and right are the patient's own.

    The value is `Attachment.site` and the name on the wire.
    """

    AORTIC = "aortic"
    PULMONIC = "pulmonic"
    TRICUSPID = "tricuspid"
    MITRAL = "mitral"
    FRONT_UPPER_RIGHT = "lung_front_upper_right"
    FRONT_UPPER_LEFT = "lung_front_upper_left"
    FRONT_LOWER_RIGHT = "lung_front_lower_right"
    FRONT_LOWER_LEFT = "lung_front_lower_left"
    BACK_UPPER_LEFT = "lung_back_upper_left"
    BACK_UPPER_RIGHT = "lung_back_upper_right"
    BACK_LOWER_LEFT = "lung_back_lower_left"
    BACK_LOWER_RIGHT = "lung_back_lower_right"
    ABDOMEN = "abdomen"


class Ear(StrEnum):
    """Where a picture of the otoscope is from, as `BodyPoint`."""

    RIGHT = "ear_right"
    LEFT = "ear_left"


RECORDED: dict[str, str] = {
    BodyPoint.AORTIC: "Foyer aortique",
    BodyPoint.PULMONIC: "Foyer pulmonaire",
    BodyPoint.TRICUSPID: "Foyer tricuspide",
    BodyPoint.MITRAL: "Foyer mitral (apex)",
    BodyPoint.FRONT_UPPER_RIGHT: "Poumon droit, en haut devant",
    BodyPoint.FRONT_UPPER_LEFT: "Poumon gauche, en haut devant",
    BodyPoint.FRONT_LOWER_RIGHT: "Poumon droit, en bas devant",
    BodyPoint.FRONT_LOWER_LEFT: "Poumon gauche, en bas devant",
    BodyPoint.BACK_UPPER_LEFT: "Poumon gauche, en haut du dos",
    BodyPoint.BACK_UPPER_RIGHT: "Poumon droit, en haut du dos",
    BodyPoint.BACK_LOWER_LEFT: "Poumon gauche, en bas du dos",
    BodyPoint.BACK_LOWER_RIGHT: "Poumon droit, en bas du dos",
    BodyPoint.ABDOMEN: "Abdomen",
    Ear.RIGHT: "Oreille droite",
    Ear.LEFT: "Oreille gauche",
}


def recorded_site(site: str) -> str:
    """The record's words for a point; other words are already the record's own."""
    return RECORDED.get(site, site)
