"""What a decoder may want said, and how a conversation ends."""

import pytest

from devices.catalog.omron_hem7361t import MATCH
from devices.event import Done, Outcome, Send, Signal, SignalState
from devices.omron_eeprom import ASK, END, SET_KEY, SHOW_KEY, START, UNLOCK
from drivers.ble_talk import is_over, to_say
from drivers.instrument import DriverError, Reason

READY = Signal(SignalState.READY)
WRITES = bytes.fromhex("1001c00054080000000000000000008d")


def test_what_is_on_the_list_is_said_in_its_order() -> None:
    said = [Send(SHOW_KEY, UNLOCK), Send(START, ASK), Send(END, ASK)]
    assert to_say(MATCH, [said[0], READY, *said[1:]], pairing=False) == said


@pytest.mark.parametrize(
    "wanted", [Send(WRITES, ASK), Send(SET_KEY, UNLOCK), Send(START, UNLOCK), Send(START)]
)
def test_nothing_else_is_said(wanted: Send) -> None:
    with pytest.raises(ValueError, match="may not be sent"):
        to_say(MATCH, [Send(START, ASK), wanted], pairing=False)


def test_a_key_is_not_written_into_a_log() -> None:
    with pytest.raises(ValueError, match="may not be sent") as refused:
        to_say(MATCH, [Send(SET_KEY, UNLOCK)], pairing=False)
    assert SET_KEY.hex() not in str(refused.value)


def test_how_it_ends() -> None:
    assert is_over([READY, Done(Outcome.FINISHED)])
    assert not is_over([READY])
    for outcome, reason in (
        (Outcome.NOT_LET_IN, Reason.NOT_PAIRED), (Outcome.NOT_UNDERSTOOD, Reason.DRIVER_FAILED),
    ):  # fmt: skip
        with pytest.raises(DriverError) as failed:
            is_over([Done(outcome)])
        assert failed.value.reason is reason
