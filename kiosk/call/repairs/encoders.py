"""aiortc has one encoder with fixed settings for each codec; a sender uses ours if it already has one."""

from aiortc import RTCRtpSender
from aiortc.codecs.base import Encoder

_ATTRIBUTE = "_RTCRtpSender__encoder"


def set_encoder(sender: RTCRtpSender, encoder: Encoder) -> None:
    """Give a sender its encoder, before it starts to send."""
    if not hasattr(sender, _ATTRIBUTE):
        raise AttributeError(f"this aiortc has no {_ATTRIBUTE}: look for its own way to set an encoder")
    setattr(sender, _ATTRIBUTE, encoder)
