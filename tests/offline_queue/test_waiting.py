"""What waits, for who looks at it."""

from pathlib import Path

from offline_queue.outcome import Backoff
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER, new

STREAMS = 60


def steps_of_a_look(directory: Path, each: int) -> int:
    """Of SQLite's virtual machine, in units of 10; so many items wait in each stream, and two are shown.

    The streams' names are in the order that gives the most work: the oldest stream is met last.
    """
    names = [f"s{number:03}" for number in reversed(range(STREAMS))]
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new(f"{number}/{name}", name) for number in range(each) for name in names], {})
    steps: list[int] = []
    store._database.connection.set_progress_handler(lambda: steps.append(1), 10)
    assert [waiting.count for waiting in store.waiting(2)] == [each, each]
    store._database.connection.set_progress_handler(None, 0)
    store.close()
    return len(steps)


def test_what_is_not_shown_is_not_counted(tmp_path: Path) -> None:
    few, many = (steps_of_a_look(tmp_path / str(each), each) for each in (1, 40))
    assert few < many < few * 2.5
