"""The store against a model of what it promises, over random histories with restarts."""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from offline_queue.audit.event import NewEvent
from offline_queue.audit.trail import read_trail
from offline_queue.audit.verify import Kept, check
from offline_queue.item import Counts, ItemState
from offline_queue.outcome import Backoff, Delivered, Outcome, Park, Pause, Quarantine, Retry
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, NOW, OWNER, new

STREAMS = ("a", "b", "c")


@dataclass
class Stream:
    items: list[str] = field(default_factory=list)
    states: dict[str, ItemState] = field(default_factory=dict)
    due: float = 0.0
    in_flight: bool = False

    def head(self) -> str | None:
        unfinished = [name for name in self.items if self.states[name] is not ItemState.DELIVERED]
        return unfinished[0] if unfinished else None

    def may_be_claimed(self, now: float) -> bool:
        head = self.head()
        if head is None or self.in_flight or self.due > now:
            return False
        return self.states[head] is not ItemState.QUARANTINED


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.now = NOW
        self.streams = {name: Stream() for name in STREAMS}
        self.number = 0
        self.saved: bytes | None = None
        self.told = 0
        self.open()

    def open(self) -> None:
        self.store = Store(self.directory, KEY, OWNER, Backoff(park_s=100))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.directory)

    @rule(names=st.lists(st.sampled_from(STREAMS), max_size=4), again=st.booleans())
    def put(self, names: list[str], again: bool) -> None:
        items = []
        for name in names:
            item = new(f"{name}{self.number}", name)
            self.number += 1
            items.append(item)
            self.streams[name].items.append(item.id)
            self.streams[name].states[item.id] = ItemState.WAITING
        self.saved = str(self.number).encode()
        for _ in range(1 + again):
            self.store.put(items, {"session": self.saved}, [NewEvent("put", self.saved.decode())])
            self.told += 1

    @rule(passed_s=st.sampled_from([0.0, 1.0, 50.0, 200.0]))
    def claim(self, passed_s: float) -> None:
        self.now += passed_s
        ready = {name: stream for name, stream in self.streams.items() if stream.may_be_claimed(self.now)}
        item = self.store.claim(self.now)
        if item is None:
            assert not ready
            return
        assert item.id == ready[item.stream].head()
        assert item.payload == item.id.encode()
        ready[item.stream].in_flight = True

    @precondition(lambda self: any(stream.in_flight for stream in self.streams.values()))
    @rule(
        data=st.data(),
        outcome=st.sampled_from(
            [Delivered("r"), Retry("x", after_s=40.0), Pause("x"), Park("x"), Quarantine("x")]
        ),
    )
    def settle(self, data: st.DataObject, outcome: Outcome) -> None:
        name = data.draw(st.sampled_from([name for name in STREAMS if self.streams[name].in_flight]))
        stream = self.streams[name]
        head = stream.head()
        assert head is not None
        self.store.settle(head, outcome, self.now)
        stream.in_flight = False
        self.told += isinstance(outcome, Delivered | Quarantine)
        match outcome:
            case Delivered():
                stream.states[head], stream.due = ItemState.DELIVERED, 0.0
            case Retry():
                stream.states[head], stream.due = ItemState.WAITING, self.now + 40
            case Park():
                stream.states[head], stream.due = ItemState.PARKED, self.now + 100
            case Quarantine():
                stream.states[head] = ItemState.QUARANTINED

    @rule()
    def restart(self) -> None:
        self.store.close()
        chain = read_trail(self.directory, KEY, OWNER).events
        assert (len(chain), check(OWNER, chain, Kept())) == (self.told, [])
        self.open()
        for stream in self.streams.values():
            stream.in_flight = False

    @rule()
    def tidy(self) -> None:
        self.store.tidy(self.now)

    @rule(log_left=st.sampled_from([1.0, 1.0, 0.9, 0.5, 0.0]))
    def power_cut(self, log_left: float) -> None:
        """The files as they are at this moment; of the witness log's newest segment a part may be lost."""
        after = Path(tempfile.mkdtemp())
        shutil.copytree(self.directory, after, dirs_exist_ok=True)
        self.store.close()
        shutil.rmtree(self.directory)
        self.directory = after
        newest = max(after.glob("outbox.log.*"))
        os.truncate(newest, int(newest.stat().st_size * log_left))
        self.open()
        for stream in self.streams.values():
            stream.in_flight = False
        while self.store.verify_next():
            pass
        assert not (log_left == 1.0 and self.store.findings)

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        every = [state for stream in self.streams.values() for state in stream.states.values()]
        assert self.store.counts(None) == Counts(*(every.count(state) for state in ItemState))
        for name, stream in self.streams.items():
            states = list(stream.states.values())
            assert self.store.counts(name) == Counts(*(states.count(state) for state in ItemState))
            assert [item.id for item in self.store.items(name)] == stream.items
        assert self.store.get_state("session") == self.saved


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
