"""The command line, and the only file of the kiosk that sees the screens. Imports what a command needs."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from kiosk.arguments import at_least_zero, seconds
from kiosk.outbox_options import add_audit, add_keys, add_outbox
from kiosk.plugged_options import add_plugged
from kiosk.unit_options import add_units

DEFAULT_CONFIG = Path("/etc/telecabine/telecabine.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code: 0 good, 1 something is red or damaged, 2 a wrong call."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=options.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("aioice", "aiortc", "bleak"):  # they log addresses, and by the packet
        logging.getLogger(chatty).setLevel(logging.ERROR)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="telecabine", description="An open kiosk for assisted teleconsultation"
    )
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="settings (TOML)")
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    parser.set_defaults(run=_kiosk)
    commands = parser.add_subparsers(title="commands (without one: the kiosk itself)")
    kiosk = commands.add_parser("kiosk", help="receive patients")
    kiosk.add_argument("--show-link", action="store_true", help="print each physician's link")
    kiosk.set_defaults(run=_kiosk)
    selftest = commands.add_parser("selftest", help="check every part; exit code 1 when one is red")
    selftest.add_argument("--json", action="store_true", help="for machines")
    selftest.add_argument("--last", action="store_true", help="what the running kiosk found last by itself")
    selftest.add_argument("--seconds", type=seconds, default=8.0, help="time for instruments to show up")
    selftest.set_defaults(run=_selftest)
    _add_rendezvous(commands.add_parser("rendezvous", help="the server where kiosk and physician meet"))
    _add_devices(commands.add_parser("devices", help="the catalogue, and a decoder for technicians"))
    echo = commands.add_parser("echo", help="how well this room's echo is taken out; exit code 1 when badly")
    echo.add_argument("--seconds", type=seconds, default=20.0, help="how long the loudspeaker talks")
    echo.set_defaults(run=_echo)
    add_outbox(commands.add_parser("outbox", help="what waits to be delivered"))
    add_keys(commands.add_parser("keys", help="who can open what waits"))
    add_audit(
        commands.add_parser("audit", help="what happened on this kiosk, and whether somebody changed it")
    )
    pin = commands.add_parser("pin", help="make the technician's PIN for the settings file")
    pin.set_defaults(run=_pin)
    return parser


def _add_rendezvous(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--cert", type=Path, help="TLS certificate chain (PEM); self-signed without")
    parser.add_argument("--key", type=Path, help="its private key (PEM)")
    parser.add_argument("--token-file", type=Path, required=True, help="the kiosks' token, one line")
    parser.add_argument("--turn-file", type=Path, help="relays: a settings file with the section [turn]")
    parser.add_argument(
        "--hostname", action="append", default=[], help="a name for the self-signed certificate"
    )
    parser.set_defaults(run=_rendezvous)


def _add_devices(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list", help="every model this kiosk knows").set_defaults(run=_list_devices)
    add_plugged(commands.add_parser("plugged", help="what is plugged in, and what the settings call it"))
    watch = commands.add_parser(
        "watch", help="what the instruments say, until Ctrl+C; not beside a running kiosk"
    )
    watch.add_argument("--seconds", type=seconds, help="no longer than that")
    watch.add_argument("--capture", type=Path, metavar="FILE", help="keep every byte in a new file")
    taken = "also what Bluetooth cuffs, scales... send only once: the kiosk does not get it"
    watch.add_argument("--take", action="store_true", help=taken)
    watch.set_defaults(run=_watch_devices)
    replayed = commands.add_parser("replay", help="play a captured file as if the instruments were there")
    replayed.add_argument("file", type=Path)
    replayed.add_argument(
        "--speed", type=at_least_zero, default=0.0, help="1: as fast as it was; 0: as fast as it goes"
    )
    replayed.set_defaults(run=_replay_devices)
    bonds = commands.add_parser("bonds", help="the Bluetooth instruments this machine is paired with")
    bonds.add_argument("--forget", metavar="ADDRESS", help="one that was reset, or has left")
    bonds.set_defaults(run=_bonds)
    add_units(commands.add_parser("units", help="the Bluetooth instruments that belong to this kiosk"))
    commands.add_parser("document", help="docs/devices.md").set_defaults(run=_document_devices)
    decode = commands.add_parser("decode", help="decode one frame to JSON")
    decode.add_argument("protocol")
    decode.add_argument("hex", help="the frame's bytes, for example 0064005a00")
    decode.set_defaults(run=_decode)


def _kiosk(options: argparse.Namespace) -> int:
    from kiosk.config import ConfigError, load_config

    try:
        config = load_config(options.config)
    except ConfigError as error:
        return _fail(str(error))
    from ui.app import run_app

    show_link = _print_link if getattr(options, "show_link", False) else None
    return run_app(config, show_link)


def _print_link(link: str) -> None:
    print(f"The physician's link: {link}", flush=True)


def _selftest(options: argparse.Namespace) -> int:
    import asyncio

    from kiosk.config import ConfigError, load_config
    from kiosk.data_dir import report_file
    from kiosk.selftest.alone import check_alone
    from kiosk.selftest.kept import kept_report
    from ui.page import PAGE_DIR
    from ui.text.selftest import report_text

    try:
        config = load_config(options.config)
    except ConfigError as error:
        return _fail(str(error))
    file = report_file(config)
    if not options.last:
        report = asyncio.run(check_alone(config, PAGE_DIR, options.seconds))
    elif (kept := kept_report(file)) is not None:
        report = kept
    else:
        return _fail(f"{file}: no report that can be read")
    print(report.to_json() if options.json else report_text(report, config.kiosk.language))
    return 1 if report.red else 0


def _echo(options: argparse.Namespace) -> int:
    import asyncio

    from kiosk.choices import with_choices
    from kiosk.config import ConfigError, load_config
    from kiosk.echo_check import LEARNING_S, check_room

    try:
        config = load_config(options.config)
    except ConfigError as error:
        return _fail(str(error))
    if options.seconds < 2 * LEARNING_S:
        return _fail(f"at least {2 * LEARNING_S:.0f} seconds are needed")
    try:
        report = asyncio.run(check_room(with_choices(config).devices, options.seconds))
    except TimeoutError:
        return _fail("the microphone gives no sound")
    print(
        f"quiet room {report.quiet_dbfs:.0f} dBFS, echo {report.echo_dbfs:.0f}, left {report.left_dbfs:.0f}"
    )
    if not report.heard:
        print("The microphone does not hear the loudspeaker: is it on, and loud enough?")
        return 1
    print(f"The echo is reduced by {report.reduction_db:.0f} dB: {'good' if report.good else 'not enough'}.")
    if not report.good:
        print("Move microphone and loudspeaker apart, or make the loudspeaker quieter, and try again.")
    return 0 if report.good else 1


def _rendezvous(options: argparse.Namespace) -> int:
    from kiosk.config import ConfigError, load_turn
    from kiosk.rendezvous.server import run_rendezvous
    from kiosk.rendezvous.settings import RendezvousSettings
    from kiosk.rendezvous.turn import TurnSettings
    from ui.page import PAGE_DIR

    try:
        turn = load_turn(options.turn_file).settings() if options.turn_file else TurnSettings()
    except ConfigError as error:
        return _fail(str(error))
    try:
        token = options.token_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        return _fail(f"{options.token_file}: cannot be read: {error.strerror}")
    settings = RendezvousSettings(
        page_dir=PAGE_DIR,
        tls_dir=options.token_file.parent,
        kiosk_token=token,
        host=options.host,
        port=options.port,
        hostnames=("localhost", *options.hostname),
        cert_file=options.cert,
        key_file=options.key,
        turn=turn,
    )
    return run_rendezvous(settings)


def _list_devices(_options: argparse.Namespace) -> int:
    from devices.catalog import devices

    for device in devices():
        print(f"{device.key:24} {device.kind.value:12} {device.name}")
    return 0


def _document_devices(_options: argparse.Namespace) -> int:
    from devices.catalog import devices
    from devices.document import document

    print(document(devices()), end="")
    return 0


def _watch_devices(options: argparse.Namespace) -> int:
    import asyncio
    from contextlib import suppress

    from kiosk.instrument_watch import watch

    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(watch(sys.stdout, options.seconds, options.capture, options.take))
    except OSError as error:
        return _fail(f"{options.capture or 'instruments'}: {error.strerror}")
    return 0


def _replay_devices(options: argparse.Namespace) -> int:
    import asyncio

    from drivers.raw import RawError, read
    from drivers.replay import UnknownDevice
    from kiosk.instrument_watch import play

    try:
        rejected = asyncio.run(play(sys.stdout, read(options.file), options.speed))
    except OSError as error:
        return _fail(f"{options.file}: {error.strerror}")
    except (RawError, UnknownDevice) as error:
        return _fail(f"{options.file}: {error}")
    print(f"rejected: {rejected}")
    return 0


def _bonds(options: argparse.Namespace) -> int:
    import asyncio

    if sys.platform != "linux":
        return _fail("on this system its own settings list and forget Bluetooth devices")
    from devices.catalog import devices
    from drivers.bonds import bonds, forget
    from drivers.instrument import DriverError

    try:
        if options.forget is None:
            for bond in asyncio.run(bonds(devices())):
                print(f"{bond.address} {bond.name:24} {bond.device or 'no instrument of this kiosk'}")
        elif not asyncio.run(forget(options.forget)):
            return _fail(f"not paired with {options.forget}")
    except DriverError as error:
        return _fail(f"Bluetooth: {error}")
    return 0


def _decode(options: argparse.Namespace) -> int:
    import json

    from devices.catalog import UnknownProtocol, decode, protocols
    from devices.event import FrameError

    try:
        print(json.dumps(decode(options.protocol, bytes.fromhex(options.hex))))
    except UnknownProtocol:
        return _fail(f"unknown protocol {options.protocol}; known: {', '.join(protocols())}")
    except FrameError as error:
        return _fail(f"not a frame of {options.protocol}: {error}")
    except ValueError:
        return _fail(f"not hexadecimal: {options.hex}")
    return 0


def _pin(_options: argparse.Namespace) -> int:
    import getpass

    from kiosk.pin import hash_pin

    pin = getpass.getpass("PIN: ")
    if not (pin.isdigit() and 4 <= len(pin) <= 12):
        return _fail("a PIN has 4 to 12 digits")
    print(f'technician_pin = "{hash_pin(pin)}"')
    return 0


def _fail(sentence: str) -> int:
    print(f"telecabine: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
