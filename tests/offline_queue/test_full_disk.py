"""The scenarios of full_disk.py, each on a real small file system in a mount namespace of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SIZES_MB = {"settling": 3, "reopening": 3, "log_gone": 10, "large": 7, "no_room_to_begin": 3}


@pytest.mark.parametrize("scenario", SIZES_MB)
def test_full_disk(scenario: str, tmp_path: Path) -> None:
    # A user who is not root may mount inside a user namespace of the own.
    rights = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
    mount = f'mount -t tmpfs -o size={SIZES_MB[scenario]}m tmpfs "$1" && shift && exec "$@"'
    program = [sys.executable, "-m", "tests.offline_queue.full_disk", str(tmp_path), scenario]
    command = ["unshare", "-m", *rights, "sh", "-c", mount, "sh", str(tmp_path), *program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())  # it did happen on the small file system
