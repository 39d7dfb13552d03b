"""`telecabine devices units`: its options. Light: each start of the kiosk imports them."""

import argparse


def add_units(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ours", metavar="ADDRESS", help="this one belongs to the kiosk")
    parser.add_argument("--forget", metavar="ADDRESS", help="one that has left")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from kiosk.unit_command import run

    return run(options)
