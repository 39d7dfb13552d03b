"""A slice of each proof of `./run torture outbox`: kills, power cuts, failing disks, damaged files."""

import subprocess
import sys

import pytest

from tests.torture.outbox import disk

_PROOF = """
import json, logging
from tests.torture.outbox import changes, clocks, damage, deliveries, noticed, proofs, restored
logging.disable(logging.ERROR)
print(json.dumps({proof}.broken))
"""


@pytest.mark.parametrize(
    "proof",
    [
        "proofs.kills(40, seed=2)",
        "proofs.power_cuts(240, seed=2)",
        "proofs.failures(15, 5, seed=2)",  # EIO
        "proofs.failures(15, 28, seed=2)",  # ENOSPC
        "changes.migrations(6, seed=2)",
        "changes.rotations(6, seed=2)",
        "changes.recoveries(2, seed=2)",
        "damage.damages(77, seed=2)",
        "noticed.flips(44, seed=2)",
        "clocks.jumps(4, seed=2)",
        "clocks.pairs(4, seed=2)",
        "deliveries.deliveries(4, seed=2)",
        "restored.restored(1, seed=2)",
    ],
)
def test_nothing_acknowledged_is_lost(proof: str) -> None:
    program = [sys.executable, "-c", _PROOF.format(proof=proof)]
    environment = disk.environment()
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
