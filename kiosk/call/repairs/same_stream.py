"""aiortc puts all tracks of a connection into one stream; a browser keeps only one pair of it in step."""

import uuid

from aiortc import RTCRtpSender

_ATTRIBUTE = "_stream_id"


def share_stream(*senders: RTCRtpSender) -> None:
    """Put these, and no others, into a stream of their own (a=msid, RFC 8830): lips move with the voice.

    Before the description is made. Of several sounds in a stream, Chromium sets the pictures by any one.
    """
    stream_id = str(uuid.uuid4())
    for sender in senders:
        if not hasattr(sender, _ATTRIBUTE):
            raise AttributeError(f"this aiortc has no {_ATTRIBUTE}: look for its own way to name a stream")
        setattr(sender, _ATTRIBUTE, stream_id)
