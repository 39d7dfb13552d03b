from contextlib import suppress

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.congestion import header
from kiosk.call.repairs.transport_feedback import ABS_SEND_TIME_URI, URI

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"


def the_map() -> HeaderExtensionsMap:
    known = HeaderExtensionsMap()
    uris = ((1, MID_URI), (2, ABS_SEND_TIME_URI), (3, URI))
    known.configure(
        RTCRtpParameters(headerExtensions=[RTCRtpHeaderExtensionParameters(n, u) for n, u in uris])
    )
    return known


def packet(mid: str | None, sent: int | None) -> bytes:
    made = RtpPacket(
        payload_type=96, marker=1, sequence_number=7, timestamp=9, ssrc=0xDEADBEEF, payload=b"hello"
    )
    made.extensions.mid, made.extensions.abs_send_time = mid, sent
    return made.serialize(the_map())


@pytest.mark.parametrize(("mid", "sent"), [(None, None), ("0", None), ("1", 5), (None, 77)])
def test_numbers_are_put_in_and_all_else_stays(mid: str | None, sent: int | None) -> None:
    once = header.with_extensions(packet(mid, sent), {3: b"\x01\x02", 2: b"\0\0\x09"})
    twice = header.with_extensions(once, {3: b"\xff\xfe"})
    read = RtpPacket.parse(twice, the_map())
    assert (read.extensions.mid, read.extensions.abs_send_time) == (mid, 9)
    assert read.extensions.transport_sequence_number == 0xFFFE
    assert (read.payload, read.marker, read.sequence_number, read.ssrc) == (b"hello", 1, 7, 0xDEADBEEF)
    assert header.extension(twice, 3) == b"\xff\xfe"
    assert header.ssrc(twice) == 0xDEADBEEF


def test_the_time_of_sending_has_18_bits_of_fraction() -> None:
    assert header.abs_send_time(1.5) == bytes.fromhex("060000")
    assert header.abs_send_time(64.0) == bytes(3)


@given(st.binary(max_size=60))
def test_garbage_is_one_kind_of_error(data: bytes) -> None:
    for at_fault in (data, b"\x90" + data):
        with suppress(header.HeaderError):
            header.with_extensions(at_fault, {3: b"\0\0"})
