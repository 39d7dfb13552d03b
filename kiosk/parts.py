"""What is plugged in, and what the technician makes of it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.identity import Unit, identity_of, is_meant
from kiosk.choices import Choices, Role, chosen_devices, kept_choices
from kiosk.devices_config import DevicesConfig
from kiosk.instruments import Instruments
from offline_queue.files import replace

_BESIDE = {
    Role.FACE_CAMERA: Role.OTOSCOPE,
    Role.OTOSCOPE: Role.FACE_CAMERA,
    Role.MICROPHONE: Role.STETHOSCOPE,
    Role.STETHOSCOPE: Role.MICROPHONE,
}


@dataclass(frozen=True, slots=True)
class PartOption:
    """One that is plugged in: `identity` means it, also when it comes back under another name."""

    identity: str
    name: str


@dataclass(frozen=True, slots=True)
class PartChoice:
    """`chosen`: "" when the kiosk takes the first that fits; `used`: what is taken now, "" for nothing."""

    role: Role
    chosen: str
    used: str
    options: tuple[PartOption, ...]


class Parts:
    """One per kiosk."""

    def __init__(self, settings: DevicesConfig, file: Path, instruments: Instruments) -> None:
        self._settings = settings
        self._file = file
        self._instruments = instruments
        self._choices = kept_choices(file)

    @property
    def devices(self) -> DevicesConfig:
        """The settings that hold now."""
        return chosen_devices(self._settings, self._choices)

    async def found(self) -> tuple[PartChoice, ...]:
        """For each role what is plugged in, and what is taken."""
        present = await self._instruments.plugged_in()
        return tuple(self._choice(role, present.units(role), present.used(role)) for role in Role)

    async def choose(self, role: Role, identity: str) -> tuple[PartChoice, ...]:
        """From now on, and after a restart. "": as the settings say. Raises OSError when it cannot be kept.

        One part serves one purpose: the other role that has it goes back to the settings, or, where these
        name it too, takes the first that fits.
        """
        present = await self._instruments.plugged_in()
        kept = self._with(role, identity, present.units(role))
        await asyncio.to_thread(replace, self._file, json.dumps(kept, indent=2).encode())
        self._choices = kept
        self._instruments.choose(self.devices)
        return await self.found()

    def _with(self, role: Role, identity: str, units: Sequence[Unit]) -> dict[Role, str]:
        beside = _BESIDE[role]
        others = {each: chosen for each, chosen in self._choices.items() if each is not role}
        choices = others | ({role: identity} if identity else {})
        if not choices.get(beside):
            choices.pop(beside, None)
        if self._clash(choices, role, units):
            choices.pop(beside, None)
        if self._clash(choices, role, units):
            choices[beside] = ""
        return choices

    def _clash(self, choices: Choices, role: Role, units: Sequence[Unit]) -> bool:
        """The same part for two purposes."""
        devices = chosen_devices(self._settings, choices)
        both = [getattr(devices, each.value) for each in (role, _BESIDE[role])]
        return any(all(is_meant(named, unit) for named in both) for unit in units)

    def _choice(self, role: Role, units: Sequence[Unit], used: Unit | None) -> PartChoice:
        name = _namer(units)
        options = tuple(PartOption(identity_of(unit, units), name(unit)) for unit in units)
        chosen = getattr(self.devices, role.value)
        return PartChoice(role, chosen, name(used) if used else "", options)


def _namer(units: Sequence[Unit]) -> Callable[[Unit], str]:
    """What it calls itself; of two that call themselves alike, also where it is plugged in."""
    said = [unit.names[-1] for unit in units]

    def name(unit: Unit) -> str:
        where = unit.path or unit.names[0]
        return unit.names[-1] if said.count(unit.names[-1]) < 2 else f"{unit.names[-1]} ({where})"

    return name
