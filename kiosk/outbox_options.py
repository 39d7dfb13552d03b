"""The options of `telecabine outbox` and `telecabine keys`; light: each start of the kiosk imports them."""

import argparse
from pathlib import Path


def add_outbox(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True)
    _add(commands, "status", "how much waits, and since when")
    _add(commands, "list", "every session that waits, and for what")
    _add(commands, "verify", "compare database and witness log; exit code 1 when they differ")
    again = _add(commands, "retry", "try at once what rests or was refused; not beside a running kiosk")
    again.add_argument("--session", metavar="ID", help="this one alone")
    exported = _add(commands, "export", "every record as a file, in clear")
    exported.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    recovered = _add(commands, "recover", "make a damaged database anew; or open a dead kiosk's copy")
    recovered.add_argument("--accept-loss", action="store_true", help="also when items are lost for good")
    recovered.add_argument("--key", type=Path, metavar="ORG.pem", help="the organisation's private key")
    recovered.add_argument(
        "--from", dest="copy", type=Path, metavar="COPY", help="the outbox folder of another kiosk"
    )
    recovered.add_argument("--to", type=Path, metavar="FOLDER", help="where its records go, in clear")


def add_keys(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True)
    _add(commands, "list", "who can open this outbox")
    added = _add(commands, "add", "let an organisation open it too")
    added.add_argument("name")
    added.add_argument("public", type=Path, metavar="PUBLIC.pem", help="X25519, or RSA of 3072 bits or more")
    removed = _add(commands, "remove", "no longer; not the last one. Change the key afterwards")
    removed.add_argument("name")
    _add(commands, "rotate", "a new key for everything; not beside a running kiosk")


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_)
    parser.set_defaults(run=_run, command=f"{parser.prog.split()[-2]} {name}")
    return parser


def _run(options: argparse.Namespace) -> int:
    from kiosk.outbox_command import run

    return run(options)
