"""Pairing with one instrument while a technician stands by, who can type a code or compare two.

Linux only. bluetoothd asks the agent of whoever calls Pair: ours comes on a connection of its own, so that
the default agent (`drivers.bluez_service`) goes on asking nobody. Source: BlueZ D-Bus API, org.bluez.Device
and org.bluez.AgentManager.
"""

import asyncio
import logging

from dbus_fast import DBusError
from dbus_fast.aio import MessageBus

from drivers.bluez_bus import AGENTS, BLUEZ, CALL_LIMIT_S, DEVICE, bluez, call, objects
from drivers.instrument import DriverError, Reason
from drivers.pairing_agent import CAPABILITY, PairingAgent
from drivers.pairing_dialogue import Dialogue, PairingEnd
from drivers.tasks import bounded

_log = logging.getLogger(__name__)

_SEEN_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.5
_PAIR_LIMIT_S = 90.0  # bluetoothd waits 40 s for a connection, and a code may take its time
_AGENT_PATH = "/telecabine/pairing"
_ENDS = {
    "AlreadyExists": PairingEnd.PAIRED,
    "AuthenticationTimeout": PairingEnd.TOO_LATE,
    "ConnectionAttemptFailed": PairingEnd.NOT_SEEN,
    "Failed": PairingEnd.NOT_SEEN,
    "InProgress": PairingEnd.REFUSED,
    "UnknownObject": PairingEnd.NOT_SEEN,
}


async def pair(address: str, dialogue: Dialogue) -> PairingEnd:
    """How it ended. Nobody else may be connected to the instrument; afterwards it is hung up, so that it
    advertises again, and so it is when this is cancelled.
    """
    try:
        async with bluez() as bus:
            path = await _seen(bus, address)
            return await _pair(bus, path, dialogue) if path else PairingEnd.NOT_SEEN
    except DriverError as error:
        _log.warning("pairing with %s: %s", address, error)
        return PairingEnd.NO_BLUETOOTH


async def _seen(bus: MessageBus, address: str) -> str:
    """Its path, as soon as bluetoothd knows it; "" when it does not come."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + _SEEN_WITHIN_S
    while loop.time() < until_s:
        for path, interfaces in (await bounded(objects(bus), CALL_LIMIT_S)).items():
            if DEVICE in interfaces and interfaces[DEVICE]["Address"].value.lower() == address.lower():
                return path
        await asyncio.sleep(_LOOK_EVERY_S)
    return ""


async def _pair(bus: MessageBus, path: str, dialogue: Dialogue) -> PairingEnd:
    agent = PairingAgent(path, dialogue)
    bus.export(_AGENT_PATH, agent)
    await bounded(call(bus, *AGENTS, "RegisterAgent", "os", [_AGENT_PATH, CAPABILITY]), CALL_LIMIT_S)
    await _hang_up(bus, path)
    try:
        await bounded(call(bus, BLUEZ, path, DEVICE, "Pair"), _PAIR_LIMIT_S)
    except DBusError as error:
        _log.info("%s: %s", path, error)
        return _end(error, agent.verdict)
    except DriverError as error:
        _log.info("%s: %s", path, error)
        return PairingEnd.TOO_LATE
    finally:
        dialogue.withdraw()
        await _hang_up(bus, path)
    return PairingEnd.PAIRED


def _end(error: DBusError, verdict: PairingEnd) -> PairingEnd:
    name = error.type.rpartition(".")[2]
    if name in _ENDS:
        return _ENDS[name]
    if name.startswith("Authentication"):
        return verdict
    raise DriverError(Reason.BLUETOOTH_MISSING, str(error)) from error


async def _hang_up(bus: MessageBus, path: str) -> None:
    """Whatever goes on with it ends, pairing too."""
    for ending in ("CancelPairing", "Disconnect"):
        try:
            await bounded(call(bus, BLUEZ, path, DEVICE, ending), CALL_LIMIT_S)
        except (DBusError, DriverError) as error:  # mostly: there was nothing to end
            _log.debug("%s: %s: %s", path, ending, error)
