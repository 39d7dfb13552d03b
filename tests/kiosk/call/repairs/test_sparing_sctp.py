"""What is repeated of data on a bad line, and how much of it is on its way."""

from aiortc import RTCPeerConnection, RTCSctpTransport
from aiortc.rtcsctptransport import DataChunk, SackChunk

from kiosk.call.repairs import sparing_sctp
from kiosk.call.repairs.sparing_sctp import limit_flight, spare_repeats

_SIZE = 400


class Line:
    """In place of the network: the numbers of the chunks that left."""

    def __init__(self) -> None:
        self.left: list[int] = []

    async def take(self, chunk: DataChunk) -> None:
        self.left.append(chunk.tsn)


async def association() -> tuple[RTCSctpTransport, Line]:
    spare_repeats()
    spare_repeats()  # may be called again
    connection = RTCPeerConnection()
    connection.createDataChannel("live")
    assert connection.sctp is not None
    await connection.close()
    connection.sctp._ssthresh = 65_536  # as the handshake leaves it
    line = Line()
    setattr(connection.sctp, "_send_chunk", line.take)  # noqa: B010
    return connection.sctp, line


async def send(sctp: RTCSctpTransport, messages: int) -> list[int]:
    """Their numbers."""
    first = sctp._local_tsn
    for _ in range(messages):
        await sctp._send(1, 51, bytes(_SIZE))
    return [first + n for n in range(messages)]


def sack(cumulative: int, *gaps: tuple[int, int]) -> SackChunk:
    chunk = SackChunk()
    chunk.cumulative_tsn, chunk.gaps = cumulative, list(gaps)
    return chunk


async def expire(sctp: RTCSctpTransport) -> None:
    """The timer, and what it sends."""
    sctp._t3_cancel()
    sctp._t3_expired()
    await sctp._transmit()
    sctp._t3_cancel()


async def test_the_timer_repeats_only_what_is_missing() -> None:
    sctp, line = await association()
    numbers = await send(sctp, 5)
    await sctp._receive_sack_chunk(sack(numbers[0], (2, 4)))  # the second is missing
    line.left.clear()
    await expire(sctp)
    assert line.left == [numbers[1]]


async def test_a_gap_is_repeated_once_however_often_it_is_told() -> None:
    sctp, line = await association()
    limit_flight(sctp, 100_000)
    numbers = await send(sctp, 12)
    line.left.clear()
    for newest in range(3, 12):
        await sctp._receive_sack_chunk(sack(numbers[0], (2, newest)))
    assert line.left == [numbers[1]]
    await expire(sctp)  # lost again: the timer finds it
    assert line.left == [numbers[1]] * 2
    sctp._t3_cancel()


async def test_no_more_is_on_its_way_than_allowed() -> None:
    sctp, line = await association()
    limit_flight(sctp, 2 * _SIZE)
    numbers = await send(sctp, 6)
    assert line.left == numbers[:2]
    await sctp._receive_sack_chunk(sack(numbers[0]))
    assert line.left == numbers[:3]
    limit_flight(sctp, 1)  # one message in any case
    await sctp._receive_sack_chunk(sack(numbers[2]))
    assert line.left == numbers[:4]
    sctp._t3_cancel()


async def test_a_lossy_line_does_not_narrow_the_window() -> None:
    sctp, _ = await association()
    limit_flight(sctp, 50_000)
    await send(sctp, 3)
    for _ in range(3):
        await expire(sctp)
    assert sctp._cwnd == 50_000


async def test_aiortc_still_repeats_what_has_arrived() -> None:
    """When this fails, its timer leaves out what was acknowledged: ours is needless."""
    sctp, _ = await association()
    numbers = await send(sctp, 5)
    await sctp._receive_sack_chunk(sack(numbers[0], (2, 4)))
    sctp._t3_cancel()
    sparing_sctp._expired(sctp)
    assert [chunk._retransmit for chunk in sctp._sent_queue if chunk._acked] == [True] * 3


async def test_aiortc_still_repeats_a_gap_again_and_again() -> None:
    """When this fails, it remembers what it has repeated: ours is needless."""
    sctp, line = await association()
    limit_flight(sctp, 100_000)
    numbers = await send(sctp, 12)
    line.left.clear()
    for newest in range(3, 12):
        await sparing_sctp._sacked(sctp, sack(numbers[0], (2, newest)))
    assert line.left.count(numbers[1]) > 1
    sctp._t3_cancel()
