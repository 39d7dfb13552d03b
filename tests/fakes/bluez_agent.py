"""How bluetoothd asks an agent of a client while it pairs. Source: BlueZ D-Bus API, org.bluez.Agent."""

import asyncio
from dataclasses import dataclass
from typing import Any

from bumble.pairing import PairingConfig, PairingDelegate
from dbus_fast import Message, MessageType

from tests.fakes.dbus_objects import ObjectTree

_AGENT = "org.bluez.Agent1"
_Io = PairingDelegate.IoCapability
_CAPABILITIES = {
    "NoInputNoOutput": _Io.NO_OUTPUT_NO_INPUT,
    "KeyboardDisplay": _Io.DISPLAY_OUTPUT_AND_KEYBOARD_INPUT,
}


@dataclass(frozen=True, slots=True)
class Agent:
    """Who registered it, and where it is."""

    client: str = ""
    path: str = ""
    capability: str = "NoInputNoOutput"


class AskingAgent(PairingDelegate):
    """Pairing with `device`, whose questions an agent answers."""

    def __init__(self, tree: ObjectTree, agent: Agent, device: str) -> None:
        super().__init__(_CAPABILITIES[agent.capability])
        self._tree = tree
        self._agent = agent
        self._device = device

    def config(self) -> PairingConfig:
        """bluetoothd wants protection where its agent can give it."""
        mitm = self.io_capability is not _Io.NO_OUTPUT_NO_INPUT
        return PairingConfig(sc=True, mitm=mitm, bonding=True, delegate=self)

    async def get_number(self) -> int | None:
        reply = await self._ask("RequestPasskey", "o", self._device)
        return None if reply is None else int(reply.body[0])

    async def compare_numbers(self, number: int, digits: int) -> bool:
        return await self._ask("RequestConfirmation", "ou", self._device, number) is not None

    async def display_number(self, number: int, digits: int) -> None:
        await self._ask("DisplayPasskey", "ouq", self._device, number, 0)

    async def _ask(self, member: str, signature: str, *body: Any) -> Message | None:
        """None: it was refused. What the instrument no longer waits for is taken back."""
        where = (self._agent.client, self._agent.path, _AGENT)
        try:
            reply = await self._tree.call_client(*where, member, signature, *body)
        except asyncio.CancelledError:
            await self._tree.call_client(*where, "Cancel", "")
            raise
        return None if reply is None or reply.message_type is MessageType.ERROR else reply
