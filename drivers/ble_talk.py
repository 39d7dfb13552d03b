"""A conversation with a peripheral: what its decoder wants said to it, and how it ended."""

from collections.abc import Iterable

from bleak import BleakClient

from devices.device import BleMatch, Decoder, Leading
from devices.event import Done, Event, Outcome, Send
from drivers.instrument import DriverError, Reason

_FAULTS = {Outcome.NOT_LET_IN: Reason.NOT_PAIRED, Outcome.NOT_UNDERSTOOD: Reason.DRIVER_FAILED}


def to_say(match: BleMatch, events: Iterable[Event], pairing: bool) -> list[Send]:
    """What these events want sent, in order. ValueError when something is not on the device's list."""
    wanted = [event for event in events if isinstance(event, Send)]
    for each in wanted:
        if not match.may_send(each, pairing):
            raise ValueError(f"{each.command[:3].hex()}… may not be sent to {each.to or match.write}")
    return wanted


def is_over(events: Iterable[Event]) -> bool:
    """Whether all was said. DriverError when it ended badly."""
    ended = next((event for event in events if isinstance(event, Done)), None)
    if ended is not None and ended.outcome in _FAULTS:
        raise DriverError(_FAULTS[ended.outcome], f"the conversation ended: {ended.outcome}")
    return ended is not None


def is_over_unanswered(decoder: Decoder, why: DriverError) -> bool:
    """Whether all was said, so that the answer that did not come is not missed. Raises `why` where it is
    missed, DriverError where it ended badly; False where no answer is waited for.
    """
    if not isinstance(decoder, Leading):
        return False
    if not is_over(decoder.unanswered()):
        raise why
    return True


async def put(client: BleakClient, match: BleMatch, command: bytes, to: str = "") -> None:
    """Write it, in pieces where the match says so, to `to` or where the match says. Raises DriverError."""
    uuid = to or match.write
    found = client.services.get_characteristic(uuid)
    if found is None:
        raise DriverError(Reason.NO_DATA, f"no characteristic {uuid}")
    response = "write-without-response" not in found.properties
    for at in range(0, len(command), match.piece_bytes):
        await client.write_gatt_char(found, command[at : at + match.piece_bytes], response=response)
