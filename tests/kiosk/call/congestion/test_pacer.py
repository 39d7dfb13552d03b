import asyncio

from kiosk.call.congestion.pacer import Lane, Pacer
from tests.fakes.polling import until


class Wire:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.down = False

    async def send(self, packet: bytes) -> None:
        if self.down:
            raise ConnectionError
        self.sent.append(packet)


async def test_an_ordinary_picture_leaves_at_once() -> None:
    wire = Wire()
    pacer = Pacer(wire.send)
    pacer.rate_bps = 1_000_000
    await pacer.put(b"x", Lane.NOW)
    await asyncio.sleep(0.05)
    for _ in range(4):
        await pacer.put(bytes(1200), Lane.PICTURE)
    assert len(wire.sent) == 5
    assert pacer.backlog_s == 0
    await pacer.close()


async def test_a_large_picture_waits_and_sound_and_resends_overtake_it() -> None:
    wire = Wire()
    pacer = Pacer(wire.send)
    pacer.rate_bps = 400_000
    pictures = [bytes([n]) * 1000 for n in range(20)]
    for packet in pictures:
        await pacer.put(packet, Lane.PICTURE)
    assert len(wire.sent) < 10
    assert 0.2 < pacer.backlog_s < 0.4
    await pacer.put(b"again", Lane.AGAIN)
    await pacer.put(b"sound", Lane.NOW)
    assert wire.sent[-1] == b"sound"
    await until(lambda: len(wire.sent) == 22)
    assert [packet for packet in wire.sent if len(packet) > 5] == pictures
    assert wire.sent.index(b"again") < wire.sent.index(pictures[-1])
    assert pacer.backlog_s == 0
    await pacer.close()


async def test_pictures_take_what_sound_leaves() -> None:
    taken = []
    for sound in (0, 3):
        wire = Wire()
        pacer = Pacer(wire.send)
        pacer.rate_bps = pacer.burst_bps = 400_000
        for _ in range(sound):
            await pacer.put(bytes(1000), Lane.NOW)
        for _ in range(4):
            await pacer.put(bytes(1000), Lane.PICTURE)
        taken.append(pacer.backlog_s)
        await pacer.close()
    assert taken[0] < taken[1] == 4_000 * 8 / 400_000  # all of them wait


async def test_headers_and_data_take_their_part() -> None:
    backlogs = []
    for overhead, data in ((0, 0), (38, 0), (0, 4000)):
        wire = Wire()
        pacer = Pacer(wire.send, overhead_bytes=overhead)
        pacer.rate_bps = pacer.burst_bps = 400_000
        pacer.charge(data)
        for _ in range(60):
            await pacer.put(bytes(60), Lane.PICTURE)
        backlogs.append(pacer.backlog_s)
        await pacer.close()
    assert backlogs[0] < backlogs[1] < backlogs[2]


async def test_too_much_is_thrown_away_as_a_whole_and_told() -> None:
    wire, told = Wire(), list[bool]()
    pacer = Pacer(wire.send, lambda: told.append(True))
    pacer.rate_bps = 40_000
    for _ in range(60):
        await pacer.put(bytes(1000), Lane.PICTURE)
    assert told
    assert pacer.backlog_s < 5
    await pacer.close()
    assert pacer.backlog_s == 0


async def test_a_line_that_goes_down_ends_what_waits() -> None:
    wire = Wire()
    pacer = Pacer(wire.send)
    pacer.rate_bps = 400_000
    for _ in range(10):
        await pacer.put(bytes(1000), Lane.PICTURE)
    wire.down = True
    await until(lambda: pacer.backlog_s == 0)
    await pacer.close()


async def test_copies_leave_last_count_as_nothing_and_are_rather_forgotten_than_late() -> None:
    wire = Wire()
    pacer = Pacer(wire.send)
    pacer.rate_bps = 400_000
    for n in range(50):
        await pacer.put(b"copy%d" % n, Lane.COPY)
    for _ in range(8):
        await pacer.put(bytes(1000), Lane.PICTURE)
    before_s = pacer.backlog_s
    await pacer.put(b"last", Lane.COPY)
    assert pacer.backlog_s == before_s
    await until(lambda: b"last" in wire.sent)
    copies = [packet for packet in wire.sent if len(packet) < 1000]
    assert len(copies) == 32
    assert wire.sent[-1] == b"last"
    assert all(len(packet) == 1000 for packet in wire.sent[:8])
    await pacer.close()
