"""aiortc knows the transport-wide sequence number but neither offers it nor numbers or acknowledges packets.

Without it Chromium estimates nothing for what we send, and falls back to REMB for what it sends.
"""

from typing import Any

from aiortc import RTCDtlsTransport, RTCRtpReceiver, rtcrtpsender
from aiortc.codecs import CODECS, HEADER_EXTENSIONS, is_rtx
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpHeaderExtensionParameters

URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_EXTENSION_ID = 4  # free in aiortc's own list; an answer takes the offer's
_FEEDBACK = RTCRtcpFeedback(type="transport-cc")
_MAP, _IDS = "_rtp_header_extensions_map", "_HeaderExtensionsMap__ids"
_ESTIMATOR = "_RTCRtpReceiver__remote_bitrate_estimator"
_HISTORY = "RTP_HISTORY_SIZE"
_HISTORY_PACKETS = 1024


def negotiate_transport_feedback() -> None:
    """From now on every connection of this process offers and accepts it. May be called again.

    aiortc keeps 128 sent packets to answer a NACK, less than a second of video: the history grows too.
    """
    if not hasattr(rtcrtpsender, _HISTORY):
        raise AttributeError(f"this aiortc has no {_HISTORY}: look for its own history of sent packets")
    setattr(rtcrtpsender, _HISTORY, _HISTORY_PACKETS)
    for kind in ("audio", "video"):
        extensions = HEADER_EXTENSIONS[kind]
        if not any(extension.uri == URI for extension in extensions):
            extensions.append(RTCRtpHeaderExtensionParameters(id=_EXTENSION_ID, uri=URI))
        for codec in CODECS[kind]:
            if not is_rtx(codec) and _FEEDBACK not in codec.rtcpFeedback:
                codec.rtcpFeedback.append(_FEEDBACK)


def extension_ids(transport: RTCDtlsTransport) -> tuple[int | None, int | None]:
    """Of the transport-wide number and of abs-send-time, as agreed; None before or without agreement."""
    ids: Any = getattr(getattr(transport, _MAP, None), _IDS, None)
    if ids is None:
        raise AttributeError(f"this aiortc has no {_MAP}: look for its own transport-wide numbers")
    return ids.transport_sequence_number, ids.abs_send_time


def silence_remb(receiver: RTCRtpReceiver) -> None:
    """No estimate of aiortc's own: the sender at the other end has ours, packet by packet."""
    if not hasattr(receiver, _ESTIMATOR):
        raise AttributeError(f"this aiortc has no {_ESTIMATOR}")
    setattr(receiver, _ESTIMATOR, None)
