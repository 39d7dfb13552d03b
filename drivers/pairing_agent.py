"""The agent that asks a technician, for as long as he pairs with one instrument.

Source: BlueZ D-Bus API, org.bluez.Agent.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

from dbus_fast import DBusError
from dbus_fast.service import ServiceInterface, method

from drivers.instrument import DriverError
from drivers.pairing_dialogue import Dialogue, PairingEnd
from drivers.tasks import bounded

CAPABILITY = "KeyboardDisplay"
ANSWER_WITHIN_S = 30.0  # then the Security Manager gives up (Bluetooth Core, Vol 3 Part H, 3.4)
_DIGITS = 6
T = TypeVar("T")


class PairingAgent(ServiceInterface):
    """Speaks for the instrument at `path` alone. `verdict`: what a failure would mean by now."""

    def __init__(self, path: str, dialogue: Dialogue) -> None:
        super().__init__("org.bluez.Agent1")
        self._path = path
        self._dialogue = dialogue
        self.verdict = PairingEnd.REFUSED

    @method()
    def Release(self) -> None: ...

    @method()
    def Cancel(self) -> None:
        self._dialogue.withdraw()

    @method()
    async def RequestPasskey(self, device: "o") -> "u":  # type: ignore[name-defined] # noqa: F821
        return int(await self._typed(device))

    @method()
    async def RequestPinCode(self, device: "o") -> "s":  # type: ignore[name-defined] # noqa: F821
        return await self._typed(device)

    @method()
    def DisplayPasskey(self, device: "o", passkey: "u", _entered: "q") -> None:  # type: ignore[name-defined] # noqa: F821
        self._show(device, f"{passkey:0{_DIGITS}}")

    @method()
    def DisplayPinCode(self, device: "o", code: "s") -> None:  # type: ignore[name-defined] # noqa: F821
        self._show(device, code)

    @method()
    async def RequestConfirmation(self, device: "o", passkey: "u") -> None:  # type: ignore[name-defined] # noqa: F821
        self._check(device)
        if not await self._answered(self._dialogue.same(f"{passkey:0{_DIGITS}}")):
            raise _rejected("the codes are not the same")

    @method()
    def RequestAuthorization(self, device: "o") -> None:  # type: ignore[name-defined] # noqa: F821
        self._check(device)

    async def _typed(self, device: str) -> str:
        self._check(device)
        code = await self._answered(self._dialogue.typed())
        if not code.isdecimal():
            raise _rejected("no code was typed")
        self.verdict = PairingEnd.WRONG_CODE
        return code

    def _show(self, device: str, code: str) -> None:
        self._check(device)
        self.verdict = PairingEnd.WRONG_CODE
        self._dialogue.show(code)

    def _check(self, device: str) -> None:
        if device != self._path:
            raise _rejected("another instrument is being paired with")

    async def _answered(self, question: Coroutine[Any, Any, T]) -> T:
        try:
            return await bounded(question, ANSWER_WITHIN_S)
        except DriverError as error:
            self.verdict = PairingEnd.TOO_LATE
            raise _rejected("nobody answered") from error


def _rejected(why: str) -> DBusError:
    return DBusError("org.bluez.Error.Rejected", why)
