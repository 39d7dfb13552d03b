"""Where decoding can begin: the first bytes of a key picture, after depayloading. Pure."""

_H264_START = b"\0\0\0\1"
_IDR, _SPS = 5, 7
_HEADERS_MAX = 256
_VP8_START = b"\x9d\x01\x2a"


def begins_key(codec: str, data: bytes) -> bool:
    """Whether a packet starts a picture that needs none before it.

    H264: a sequence parameter set (ITU-T H.264 section 7.4.1), which senders put before each IDR picture.
    VP8: the frame header's key bit and start code (RFC 6386 section 9.1).
    """
    if codec == "H264":
        return data.startswith(_H264_START) and _SPS in _unit_types(data[:_HEADERS_MAX])
    return len(data) > 6 and not data[0] & 1 and data[3:6] == _VP8_START


def is_key(codec: str, data: bytes) -> bool:
    """Whether a whole picture is a key picture."""
    if codec != "H264":
        return begins_key(codec, data)
    return _IDR in _unit_types(data)


def _unit_types(data: bytes) -> set[int]:
    return {part[0] & 0x1F for part in data.split(_H264_START) if part}
