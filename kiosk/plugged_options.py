"""`telecabine devices plugged`: it has none of its own. Light: each start of the kiosk imports this."""

import argparse


def add_plugged(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from kiosk.plugged_command import run

    return run(options)
