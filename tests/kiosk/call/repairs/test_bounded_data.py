"""What a page says without ever ending it."""

from aiortc import RTCPeerConnection, RTCSctpTransport
from aiortc.rtcsctptransport import (
    SCTP_DATA_FIRST_FRAG,
    SCTP_DATA_LAST_FRAG,
    SCTP_DATA_UNORDERED,
    DataChunk,
)

from kiosk.call.repairs.bounded_data import bound_data


async def association() -> RTCSctpTransport:
    connection = RTCPeerConnection()
    connection.createDataChannel("live")
    assert connection.sctp is not None
    await connection.close()
    connection.sctp._last_received_tsn = 0
    return connection.sctp


def piece(tsn: int, flags: int = 0, data: bytes = b"x", stream: int = 1) -> DataChunk:
    chunk = DataChunk(flags=flags)
    chunk.tsn, chunk.stream_id, chunk.stream_seq, chunk.protocol, chunk.user_data = tsn, stream, 0, 51, data
    return chunk


async def say_endlessly(sctp: RTCSctpTransport, pieces: int, data: bytes) -> int:
    """How many bytes are kept of a message that does not end."""
    await sctp._receive_data_chunk(piece(1, SCTP_DATA_FIRST_FRAG, data))
    for tsn in range(2, pieces + 1):
        await sctp._receive_data_chunk(piece(tsn, data=data))
    return sum(len(chunk.user_data) for chunk in sctp._get_inbound_stream(1).reassembly)


async def test_the_library_still_keeps_a_message_that_never_ends() -> None:
    assert await say_endlessly(await association(), 2000, bytes(1200)) == 2000 * 1200


async def test_what_is_kept_of_an_endless_message_has_an_end() -> None:
    for data in (bytes(1200), b"x"):
        sctp = await association()
        bound_data(sctp)
        kept = await say_endlessly(sctp, 2000, data)
        assert kept <= 2**20
        assert len(sctp._get_inbound_stream(1).reassembly) <= 1024
        assert (sctp._last_received_tsn or 0) <= 1024  # what was left out is not acknowledged


async def test_neither_holes_nor_streams_are_kept_without_end() -> None:
    sctp = await association()
    bound_data(sctp)
    for tsn in range(3, 6000):  # the second never comes
        await sctp._receive_data_chunk(piece(tsn, SCTP_DATA_FIRST_FRAG, stream=tsn))
    assert len(sctp._inbound_streams) <= 512
    for tsn in range(6000, 12_000):
        whole = SCTP_DATA_FIRST_FRAG | SCTP_DATA_LAST_FRAG | SCTP_DATA_UNORDERED
        await sctp._receive_data_chunk(piece(tsn, whole, stream=4))
    assert len(sctp._sack_misordered) <= 1024
    for tsn in (1, 2):
        await sctp._receive_data_chunk(piece(tsn, SCTP_DATA_FIRST_FRAG, stream=3))
    assert (sctp._last_received_tsn or 0) > 2  # what fills a hole is always taken


async def test_whole_messages_pass_however_many_they_are() -> None:
    sctp = await association()
    bound_data(sctp)
    heard: list[bytes] = []

    async def hear(_stream: int, _protocol: int, data: bytes) -> None:
        heard.append(data)

    setattr(sctp, "_receive", hear)  # noqa: B010
    for n in range(3000):
        whole = piece(n + 1, SCTP_DATA_FIRST_FRAG | SCTP_DATA_LAST_FRAG, bytes(1000))
        whole.stream_seq = n
        await sctp._receive_data_chunk(whole)
    assert len(heard) == 3000
