"""A server of several addresses is reached while one of them is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_TIMEOUT_S = "8"
_HANGS_S = 60


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs namespaces")
@pytest.mark.parametrize(
    ("order", "handshake_after_s"),
    [
        ("silent-first", "0"),
        ("silent-last", "5"),  # longer than the share of the one address: to connect, not to go on
    ],
)
def test_a_silent_address_does_not_take_the_time_of_the_others(
    tmp_path: Path, order: str, handshake_after_s: str
) -> None:
    private = ["unshare", "-rnm"]
    if subprocess.run([*private, "true"], check=False).returncode:
        pytest.skip("this system forbids private namespaces")
    command = [*private, sys.executable, "-m", "tests.fakes.silent_address", str(tmp_path)]
    ended = subprocess.run(
        [*command, _TIMEOUT_S, order, handshake_after_s],
        timeout=_HANGS_S,
        check=True,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "200\n"
