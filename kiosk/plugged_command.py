"""`telecabine devices plugged`: what is plugged in now, by the names that the settings want, and its use.

Nothing is opened: it may run beside a kiosk.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence

from devices.catalog import devices
from devices.device import HidMatch, PortMatch, SerialMatch
from drivers.hid_port import list_hid
from drivers.identity import Unit, identity_of
from drivers.instrument import DriverError
from drivers.port import UsbNode
from drivers.serial_port import list_serial, names_of
from drivers.sound_server import SoundServer
from kiosk.boards import uses_board
from kiosk.choices import Role, with_choices
from kiosk.config import ConfigError, load_config
from kiosk.devices_config import DevicesConfig
from kiosk.roles import Roles

_AS_IF_NONE = "what follows is as without settings"
_NO_SOUND = "no sound input can be told, for no sound server answers: is it another user's?"
_Taken = Mapping[Role, Unit | None]


def run(options: argparse.Namespace) -> int:
    """0 good, 1 when the sound inputs cannot be told."""
    config = _config(options)
    for line in (*_ports(config), *_cameras(config)):
        print(line)
    sound = SoundServer()
    try:
        asyncio.run(sound.look())
    except DriverError as error:
        return _tell(f"{_NO_SOUND} ({error})")
    for line in _sounds(config, sound):
        print(line)
    return 0


def _config(options: argparse.Namespace) -> DevicesConfig:
    """Who has no settings yet wants to write them."""
    try:
        return with_choices(load_config(options.config)).devices
    except ConfigError as error:
        _tell(f"{error}: {_AS_IF_NONE}")
        return DevicesConfig()


def _tell(sentence: str) -> int:
    print(f"telecabine: {sentence}", file=sys.stderr)
    return 1


def _ports(config: DevicesConfig) -> Iterator[str]:
    for link, ports, match in (("serial", list_serial(), SerialMatch), ("HID", list_hid(), HidMatch)):
        for port in ports:
            yield _line(link, _name_of(port, ports), f"{port.name} ({port.node})", _who(port, match, config))


def _name_of(port: UsbNode, ports: Sequence[UsbNode]) -> str:
    """As `devices.stethoscope_stream` takes it: of two that are alike, by its socket."""
    others = {name for other in ports if other is not port for name in names_of(other)}
    return next((name for name in names_of(port) if name not in others), port.node)


def _who(port: UsbNode, match: type[PortMatch], config: DevicesConfig) -> str:
    if uses_board(config) and config.stethoscope_stream in names_of(port):
        return Role.STETHOSCOPE.value
    fitting = [device.name for device in devices() if port.fits(device, match)]
    return " or ".join(fitting) or "no instrument of this kiosk"


def _cameras(config: DevicesConfig) -> Iterator[str]:
    roles = Roles(config)
    present = roles.otoscope.present()
    taken = {Role.OTOSCOPE: roles.otoscope.choose(present), Role.FACE_CAMERA: roles.face.choose(present)}
    yield from _lines("camera", present, taken, config)


def _sounds(config: DevicesConfig, sound: SoundServer) -> Iterator[str]:
    roles, sources, default = Roles(config), sound.sources or (), sound.default_source
    taken = {Role.MICROPHONE: roles.voice.choose(sources, default)}
    if not roles.from_board:
        taken[Role.STETHOSCOPE] = roles.stethoscope.choose(sources, default)
    yield from _lines("sound", [source for source in sources if not source.monitor], taken, config)


def _lines(link: str, present: Sequence[Unit], taken: _Taken, config: DevicesConfig) -> Iterator[str]:
    """Each that is there, and what the settings name that is not."""
    for unit in present:
        use = next((role.value for role, used in taken.items() if used is unit), "not used")
        yield _line(link, identity_of(unit, present), unit.names[-1], use)
    for role, used in taken.items():
        chosen = getattr(config, role.value)
        if chosen and used is None:
            yield _line(link, chosen, "not there", role.value)


def _line(link: str, identity: str, name: str, use: str) -> str:
    return f"{link:7} {identity:32}  {name}: {use}"
