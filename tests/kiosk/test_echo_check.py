"""The installer's echo check, through a true sound server whose loudspeaker is heard by its microphone."""

import pytest

from kiosk.devices_config import DevicesConfig
from kiosk.echo_check import EchoReport, check_room
from tests.fakes.sound_server import SoundServer


async def test_the_echo_of_a_room_is_measured_and_taken_out() -> None:
    with SoundServer() as server:
        server.let_room_hear_speaker()
        report = await check_room(DevicesConfig(), 9.0, server.address)
    assert report.heard
    assert report.reduction_db > 8  # on an idle machine 20 and more: the air of this room is software


def test_a_loudspeaker_that_nobody_hears_is_said() -> None:
    assert not EchoReport(-46.0, -43.0, -45.0).heard
    assert EchoReport(-46.0, -30.0, -45.0).heard


@pytest.mark.parametrize(
    ("echo_dbfs", "left_dbfs", "good"), [(-30.0, -60.0, True), (-30.0, -50.0, False), (-45.0, -58.0, True)]
)
def test_what_counts_as_good(echo_dbfs: float, left_dbfs: float, good: bool) -> None:
    assert EchoReport(-70.0, echo_dbfs, left_dbfs).good is good
