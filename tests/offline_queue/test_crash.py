"""A kiosk that is killed in the middle of writing loses nothing that was acknowledged."""

import random
import subprocess
import sys
import time
from pathlib import Path

from offline_queue.outbox import ItemState, Outbox
from tests.offline_queue.helpers import KEY, OWNER
from tests.offline_queue.writer import content

KILLS = 20


def run_and_kill(directory: Path, run: int, rng: random.Random) -> list[str]:
    """What the child had acknowledged when SIGKILL hit it."""
    command = [sys.executable, "-m", "tests.offline_queue.writer", str(directory), str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = [child.stdout.readline() for _ in range(rng.randint(1, 60))]
        time.sleep(rng.uniform(0, 0.01))  # anywhere in the next steps, also inside a commit
        child.kill()
        lines = first + child.stdout.readlines()
    assert child.returncode == -9
    return [line.strip() for line in lines if line.endswith("\n")]


async def check(directory: Path, acknowledged: list[str]) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER)
    items = {item.id: item for n in range(3) for item in await outbox.items(f"stream-{n}")}
    last = await outbox.get_state("last")
    await outbox.close()
    for line in acknowledged:
        what, item_id = line.split()
        item = items[item_id]
        if what == "done":
            assert (item.state, item.receipt) == (ItemState.DELIVERED, "receipt")
        if item.state is ItemState.WAITING:
            assert item.payload == content(item_id)
    newest = max(items.values(), key=lambda item: item.sequence)
    assert last == newest.id.encode()  # state and item: both or neither


async def test_nothing_acknowledged_is_missing_after_kill_9(directory: Path) -> None:
    rng = random.Random(4711)
    acknowledged: list[str] = []
    for run in range(KILLS):
        acknowledged += run_and_kill(directory, run, rng)
        await check(directory, acknowledged)
    assert sum(line.startswith("put") for line in acknowledged) > 10 * KILLS
    assert any(line.startswith("done") for line in acknowledged)
