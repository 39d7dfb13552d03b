"""The line itself, judged by what the servers behind it said. Pure but for one look at the routes."""

import socket
from collections.abc import Sequence

from kiosk.selftest.network import Asked, Heard
from kiosk.selftest.report import Check, Part, Problem, green, red, skipped

# For documentation only (RFC 5737, RFC 3849): a route to them is a route to anywhere, and no packet leaves.
_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def judge_line(route: bool, asked: Sequence[Asked]) -> Check:
    """Any answer proves the line. The silence of one server alone does not condemn it, that of two does.

    `route`: this machine knows a way to the internet.
    """
    asked = [each for each in asked if each.heard is not Heard.UNASKED]
    answered = sorted({each.host for each in asked if each.heard is Heard.ANSWER})
    if answered:
        return green(Part.LINE, detail=", ".join(answered))
    silent = ", ".join(sorted({each.host for each in asked}))
    if not route:
        return red(Part.LINE, Problem.NO_NETWORK, detail=silent)
    if len({each.host for each in asked}) > 1 or any(each.heard is Heard.NO_WAY for each in asked):
        return red(Part.LINE, Problem.NO_ANSWER, detail=silent)
    return skipped(Part.LINE, Problem.NOT_PROVED, detail=silent)


def has_route() -> bool:
    return any(_leads(family, address) for family, address in _ANYWHERE)


def _leads(family: socket.AddressFamily, address: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return True
    except OSError:
        return False
