"""What a self-test found, in short."""

from collections.abc import Iterable

from kiosk.selftest.causes import name_once
from kiosk.selftest.report import Check, Part, Problem, Report

Found = tuple[Part, Problem]


def reds(checks: Iterable[Check]) -> list[Found]:
    """The red lines, once each fault is named once."""
    return [(check.part, check.problem) for check in Report(name_once(checks)).reds]
