"""Typed settings from one TOML file. A bad file gives one sentence with file, line and key.

Nobody compares or prints settings (they hold secrets): leaving those methods out makes the start shorter.
"""

import dataclasses
import re
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.devices_config import DevicesConfig
from kiosk.fhir_config import FhirConfig
from kiosk.turn_config import TurnConfig


class ConfigError(Exception):
    """The configuration file cannot be used. The message names the file, the line and the key."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SiteConfig:
    """The place, as the FHIR record names it. `help_phone` is shown on every screen."""

    name: str
    finess: str
    organization_id: str
    location_id: str = "room-01"
    location_name: str = "Cabine de téléconsultation"
    help_phone: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KioskConfig:
    """The machine. `id` is its EUI-64; `technician_pin` is the hash that `telecabine pin` prints.

    `selftest_at`: when it looks after itself each day, local time as "06:30"; "" is never. `audit_days`: for
    how long the audit chain is kept here, 31 at least; what was signed is on the FHIR server too.
    `sealed_copy_days`: for how long what was delivered stays here, readable for the organisation's key alone.
    `reserve_mb`: room on the disk that is kept for the consultation under way; without it none can begin.
    `copy_dir`: where the technician's copies of the outbox go; "" is the USB stick that is mounted.
    `tpm2_device`: the chip for the outbox's key, as `systemd-creds --tpm2-device=` takes it; "" is none.
    """

    id: str
    name: str
    serial: str = "KIOSK-0001"
    language: str = "fr"
    data_dir: Path = Path("/var/lib/telecabine")
    technician_pin: str = ""
    text_scale: float = 1.0
    full_screen: bool = True
    selftest_at: str = "06:30"
    audit_days: int = 180
    sealed_copy_days: int = 0
    reserve_mb: int = 32
    copy_dir: Path | None = None
    tpm2_device: str = "auto"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PhysicianConfig:
    """Who answers by default: RPPS number and name for the record."""

    rpps: str
    family: str
    given: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RendezvousConfig:
    """Where kiosk and physician meet. `embedded`: in this process; else `relay_url` names a server."""

    embedded: bool = True
    host: str = "0.0.0.0"
    port: int = 8443
    public_url: str = ""
    relay_url: str = ""
    token: str = ""
    cert_file: Path | None = None
    key_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CallConfig:
    """The call. `include_loopback`: offer 127.0.0.1 too, for kiosk and physician on one machine.

    `echo_cancellation` false: the loudspeaker is a handset, or the sound hardware does it.
    """

    include_loopback: bool = False
    echo_cancellation: bool = True


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Config:
    """All sections."""

    site: SiteConfig
    kiosk: KioskConfig
    physician: PhysicianConfig
    fhir: FhirConfig
    rendezvous: RendezvousConfig = field(default_factory=RendezvousConfig)
    turn: TurnConfig = field(default_factory=TurnConfig)
    call: CallConfig = field(default_factory=CallConfig)
    devices: DevicesConfig = field(default_factory=DevicesConfig)


REMEMBERED_DAYS = 30  # so long the queue knows what it delivered
_RESERVE_MOST_MB = 4096
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TYPE_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
}


def load_config(path: Path) -> Config:
    """Read and check the file. Raises ConfigError with one sentence."""
    text = _read(path)
    config: Config = _sections(path, text, Config)
    _check_turn(path, text, config.turn)
    for key, fault in config.fhir.faults():
        raise ConfigError(f"{_where(path, text, 'fhir', key)}: fhir.{key} {fault}")
    if config.kiosk.selftest_at and not _HOUR.fullmatch(config.kiosk.selftest_at):
        where = _where(path, text, "kiosk", "selftest_at")
        raise ConfigError(f'{where}: kiosk.selftest_at must be an hour like "06:30", or "" for never')
    if config.kiosk.audit_days <= REMEMBERED_DAYS:
        where = _where(path, text, "kiosk", "audit_days")
        raise ConfigError(f"{where}: kiosk.audit_days must be more than {REMEMBERED_DAYS}")
    if not 0 <= config.kiosk.sealed_copy_days <= REMEMBERED_DAYS:
        where = _where(path, text, "kiosk", "sealed_copy_days")
        raise ConfigError(f"{where}: kiosk.sealed_copy_days must be 0 to {REMEMBERED_DAYS}")
    if not 0 <= config.kiosk.reserve_mb <= _RESERVE_MOST_MB:
        where = _where(path, text, "kiosk", "reserve_mb")
        raise ConfigError(f"{where}: kiosk.reserve_mb must be 0 to {_RESERVE_MOST_MB}")
    for key, fault in config.devices.faults():
        raise ConfigError(f"{_where(path, text, 'devices', key)}: devices.{key}: {fault}")
    return config


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _TurnOnly:
    turn: TurnConfig = field(default_factory=TurnConfig)


def load_turn(path: Path) -> TurnConfig:
    """The file of a rendezvous alone on a server: the section [turn]. Raises ConfigError."""
    text = _read(path)
    alone: _TurnOnly = _sections(path, text, _TurnOnly)
    _check_turn(path, text, alone.turn)
    return alone.turn


def _check_turn(path: Path, text: str, turn: TurnConfig) -> None:
    for key, fault in turn.faults():
        raise ConfigError(f"{_where(path, text, 'turn', key)}: turn.{key}: {fault}")


def _sections(path: Path, text: str, cls: Any) -> Any:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = found[1] if found else len(text.splitlines())  # without a line it means the end of the file
        raise ConfigError(f"{path}:{line}: not valid TOML: {error}") from error
    sections = [f.name for f in dataclasses.fields(cls)]
    for name in tables:
        if name not in sections:
            raise ConfigError(f"{_where(path, text, name)}: unknown section [{name}]")
    types_ = typing.get_type_hints(cls)
    return cls(**{name: _section(path, text, name, types_[name], tables.get(name)) for name in sections})


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from error


def _section(path: Path, text: str, name: str, cls: Any, table: Any) -> Any:
    if table is None:
        table = {}
    if not isinstance(table, dict):
        raise ConfigError(f"{_where(path, text, name)}: {name} must be a section: [{name}]")
    hints = typing.get_type_hints(cls)
    for key in table:
        if key not in hints:
            raise ConfigError(f"{_where(path, text, name, key)}: unknown key {name}.{key}")
    values = {}
    for spec in dataclasses.fields(cls):
        if spec.name in table:
            values[spec.name] = _value(path, text, name, spec.name, hints[spec.name], table[spec.name])
        elif spec.default is dataclasses.MISSING:
            raise ConfigError(f"{_where(path, text, name)}: {name}.{spec.name} is missing")
    return cls(**values)


def _value(path: Path, text: str, section: str, key: str, hint: Any, value: Any) -> Any:
    """Check one value against the type of its field; strings become paths where a path is wanted,
    and "" none where none will do."""
    wanted = [t for t in typing.get_args(hint) if t is not types.NoneType] or [hint]
    kind = wanted[0]
    if kind is Path and isinstance(value, str):
        is_none = not value and hint is not Path
        return None if is_none else (path.parent / value).resolve()
    if kind is float and type(value) is int:
        return float(value)
    if typing.get_origin(hint) is tuple and isinstance(value, list) and all(type(v) is str for v in value):
        return tuple(value)
    if type(value) is kind:
        return value
    raise ConfigError(f"{_where(path, text, section, key)}: {section}.{key} must be {_name_of(hint, kind)}")


def _name_of(hint: Any, kind: Any) -> str:
    return "a list of texts" if typing.get_origin(hint) is tuple else _TYPE_NAMES[kind]


def _where(path: Path, text: str, section: str, key: str = "") -> str:
    """`file:line` of a section's header, or of a key inside it; the file alone when it is not there."""
    inside = False
    header_line = 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header:
            inside = header[1] == section
            header_line = number if inside else header_line
        bare = re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line)
        if bare and ((inside and bare[1] == key) or (not inside and not key and bare[1] == section)):
            return f"{path}:{number}"
    return f"{path}:{header_line}" if header_line else f"{path}"
