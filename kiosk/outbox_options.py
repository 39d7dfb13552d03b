"""The options of `telecabine outbox`, `keys` and `audit`; light: each start of the kiosk imports them."""

import argparse
from pathlib import Path


def add_outbox(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True)
    _add(commands, "outbox status", "how much waits, and since when")
    _add(commands, "outbox list", "every session that waits, and for what")
    _add(commands, "outbox verify", "compare database and witness log; exit code 1 when they differ")
    again = _add(
        commands, "outbox retry", "try at once what rests or was refused; not beside a running kiosk"
    )
    again.add_argument("--session", metavar="ID", help="this one alone, by its name in the list")
    again = _add(
        commands, "outbox reconcile", "what the server has lost of what it took; not beside a running kiosk"
    )
    again.add_argument(
        "--key", type=Path, metavar="ORG.pem", help="opens the sealed copies and sends them again"
    )
    exported = _add(commands, "outbox export", "every record that waits as a file, in clear")
    exported.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    _offer_wav(exported)
    recovered = _add(commands, "outbox recover", "make a damaged database anew; or open a dead kiosk's copy")
    recovered.add_argument("--accept-loss", action="store_true", help="also when items are lost for good")
    recovered.add_argument("--key", type=Path, metavar="ORG.pem", help="the organisation's private key")
    recovered.add_argument(
        "--from", dest="copy", type=Path, metavar="COPY", help="the outbox folder of another kiosk"
    )
    recovered.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where its records go, in clear; a new one here without"
    )
    _offer_wav(recovered)


def _offer_wav(command: argparse.ArgumentParser) -> None:
    command.add_argument("--wav", action="store_true", help="each auscultation also as a WAV file (PCM)")


def add_keys(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True)
    _add(commands, "keys list", "who can open this outbox")
    added = _add(commands, "keys add", "let an organisation open it too")
    added.add_argument("name", help="of the organisation, as the list is to show it")
    added.add_argument("public", type=Path, metavar="PUBLIC.pem", help="X25519, or RSA of 3072 bits or more")
    removed = _add(commands, "keys remove", "take an organisation's key away, not the last one; then rotate")
    removed.add_argument("name", help="as the list shows it")
    _add(commands, "keys rotate", "a new key for everything; not beside a running kiosk")
    _add(commands, "keys seal", "move the key from its file into the security chip (TPM2)")
    _add(commands, "keys unseal", "and back, before the chip is replaced or cleared")


def add_audit(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True)
    checked = _add(
        commands, "audit verify", "look for events that were altered or removed; exit code 1 when there are"
    )
    checked.add_argument("--offline", action="store_true", help="do not ask the FHIR server what it holds")
    checked.add_argument(
        "--all", action="store_true", help="compare with every checkpoint on the server, not with ten"
    )
    listed = _add(commands, "audit list", "every event that is kept here")
    listed.add_argument("--json", action="store_true", help="for machines")


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", command: str, help_: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(command.split()[1], help=help_)
    parser.set_defaults(run=_run, command=command)
    return parser


def _run(options: argparse.Namespace) -> int:
    from kiosk.outbox_command import run

    return run(options)
