"""Numbers of the command line that mean something: `nan`, `inf` and what lies below zero are refused."""

import argparse
import math


def seconds(text: str) -> float:
    """More than none."""
    value = at_least_zero(text)
    if not value:
        raise argparse.ArgumentTypeError(f"not a time: {text!r}")
    return value


def at_least_zero(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"not a number from 0 on: {text!r}")
    return value
