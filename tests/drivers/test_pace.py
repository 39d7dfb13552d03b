"""How fast a port is read."""

import os
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from devices.catalog.contec_cms50_v7 import DEVICE
from devices.device import HidMatch, SerialMatch
from drivers.instrument import InstrumentState
from drivers.pace import Pace
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import frames, usb_bus
from tests.fakes.contec_pty import RATE_HZ, ContecSpeaker

FRAMES = frames.contec_v7_frame(pleth=50, beep=False, pr=70, spo2=98, pi_hundredths=300) * 400
LINE_FRAMES = 115_200 / 10 / 9  # the most a V7 unit's line carries in a second


def test_who_keeps_to_the_speed_of_its_line_is_never_waited_for() -> None:
    pace = Pace(SerialMatch(usb_ids=(), baud=9600))
    assert all(pace.wait_s(96, tenth / 10) == 0 for tenth in range(100))


def test_what_has_waited_for_us_is_taken_at_once() -> None:
    pace = Pace(SerialMatch(usb_ids=(), baud=9600))
    assert pace.wait_s(1900, 50.0) == 0


def test_who_is_faster_is_waited_for() -> None:
    pace = Pace(SerialMatch(usb_ids=(), baud=9600))
    now_s = 50.0
    for _ in range(100):
        now_s += pace.wait_s(1920, now_s)
    assert now_s == 50.0 + 99, "1920 bytes a second, but for the first second's"


def test_a_uart_behind_hid_has_a_speed_and_plain_hid_has_none() -> None:
    assert Pace(HidMatch(usb_ids=(), report_bytes=64, bridge_baud=19200)).wait_s(10_000, 1.0) > 0
    assert Pace(HidMatch(usb_ids=(), report_bytes=64)).wait_s(1_000_000, 1.0) == 0


async def test_one_that_floods_costs_only_itself() -> None:
    """Another unit's frames are the clock. There is room for a slow machine."""
    usb_bus.require_private_namespace()
    listener, other = Listener(), ContecSpeaker(usb_bus.UsbIds(0x10C4, 0xEA60, "0002"))
    other.plug("ttyUSB1")
    try:
        with _flood("ttyUSB7"):
            async with running(SerialLinks((DEVICE,), listener).run(), other.run()):
                await listener.until(
                    lambda: _samples(listener, "0001") > 0 and _samples(listener, "0002") > 0
                )
                began, before = _samples(listener, "0002"), _samples(listener, "0001")
                await listener.until(lambda: _samples(listener, "0002") >= began + 3 * RATE_HZ)
                taken = _samples(listener, "0001") - before
    finally:
        other.close()
    assert taken < 8 * 2 * LINE_FRAMES
    assert not [each for each in listener.statuses if each.state is InstrumentState.FAULTY]


def _samples(listener: Listener, serial: str) -> int:
    return sum(len(wave.samples) for wave in listener.waveforms if wave.identity.serial == serial)


@contextmanager
def _flood(node: str) -> Iterator[None]:
    """Frames that are right, as fast as they are taken."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    usb_bus.plug(node, os.ttyname(slave), usb_bus.CP2102)
    ended = threading.Event()
    writer = threading.Thread(target=_write, args=(master, ended))
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()
        usb_bus.unplug(node)
        os.close(slave)
        os.close(master)


def _write(master: int, ended: threading.Event) -> None:
    left = b""
    while not ended.is_set():
        left = left or FRAMES
        if select.select([], [master], [], 0.05)[1]:
            left = left[os.write(master, left) :]
