"""The store against a model of what it promises, over random histories with restarts."""

import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from offline_queue.audit.event import NewEvent
from offline_queue.audit.trail import read_trail
from offline_queue.audit.verify import Kept, check
from offline_queue.item import Counts, ItemState, Lane
from offline_queue.outcome import Delivered, Outcome, Park, Pause, Quarantine, Retry
from offline_queue.store import Store
from offline_queue.streams import TRIES_BEFORE_ITS_PLACE
from tests.offline_queue.helpers import KEY, NOW, OWNER, TO_THE_SECOND, new

STREAMS = ("a", "b", "c")


@dataclass
class Stream:
    items: list[str] = field(default_factory=list)
    states: dict[str, ItemState] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    due: float = 0.0
    in_flight: str | None = None

    def unfinished(self) -> list[str]:
        return [name for name in self.items if self.states[name] is not ItemState.DELIVERED]

    def waits(self, name: str, lane: Lane) -> bool:
        return self.lanes[name] is lane and self.states[name] is ItemState.WAITING

    def turn(self) -> str | None:
        """The first one; or, past sounds that wait, a reading that does and was not tried too often."""
        past = self.first_quick()
        if past is not None and self.tries[past] < TRIES_BEFORE_ITS_PLACE:
            return past
        return next(iter(self.unfinished()), None)

    def first_quick(self) -> str | None:
        past = next((name for name in self.unfinished() if not self.waits(name, Lane.BULKY)), None)
        return past if past is not None and self.waits(past, Lane.QUICK) else None

    def put(self, name: str, lane: Lane) -> None:
        self.items.append(name)
        self.states[name], self.lanes[name] = ItemState.WAITING, lane
        first = self.unfinished()[0]
        if name != first and self.turn() == name and self.states[first] is ItemState.WAITING:
            self.due = 0.0

    def rest_after_retry(self, item: str, now: float) -> None:
        self.states[item] = ItemState.WAITING
        overtaken = item == self.unfinished()[0] and self.turn() != item
        self.due = now if overtaken else now + 40

    def delivered(self, item: str) -> None:
        first = self.unfinished()[0]
        self.states[item], self.due = ItemState.DELIVERED, 0.0
        if item == first and (quick := self.first_quick()) not in (None, *self.unfinished()[:1]):
            assert quick is not None
            self.tries[quick] = min(self.tries[quick], TRIES_BEFORE_ITS_PLACE - 1)

    def may_be_claimed(self, now: float) -> bool:
        turn = self.turn()
        if turn is None or self.in_flight or self.due > now:
            return False
        return self.states[turn] is not ItemState.QUARANTINED

    def retry(self) -> None:
        for name in self.unfinished():
            self.states[name], self.due = ItemState.WAITING, 0.0


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
        self.store = Store(self.directory, KEY, OWNER, TO_THE_SECOND)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.directory)

    @rule(
        places=st.lists(st.tuples(st.sampled_from(STREAMS), st.sampled_from(Lane)), max_size=4),
        again=st.booleans(),
    )
    def put(self, places: list[tuple[str, Lane]], again: bool) -> None:
        items = []
        for name, lane in places:
            item = new(f"{name}{self.number}", name, lane=lane)
            self.number += 1
            items.append(item)
            self.streams[name].put(item.id, lane)
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
        assert item.id == ready[item.stream].turn()
        assert item.payload == item.id.encode()
        ready[item.stream].in_flight = item.id

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
        item, first = stream.in_flight, stream.unfinished()[0]
        assert item is not None
        self.store.settle(item, outcome, self.now)
        stream.in_flight = None
        stream.tries[item] += 1
        self.told += isinstance(outcome, Delivered | Quarantine)
        match outcome:
            case Delivered():
                stream.delivered(item)
            case Retry():
                stream.rest_after_retry(item, self.now)
            case Park():
                stream.states[item], stream.due = ItemState.PARKED, self.now + 100
            case Quarantine():
                stream.states[item] = ItemState.QUARANTINED
                assert item == first or stream.turn() != item

    @precondition(lambda self: not any(stream.in_flight for stream in self.streams.values()))
    @rule()
    def retry(self) -> None:
        self.told += self.store.retry(None) > 0
        for stream in self.streams.values():
            stream.retry()

    @rule()
    def restart(self) -> None:
        self.store.close()
        chain = read_trail(self.directory, KEY, OWNER).events
        assert (len(chain), check(OWNER, chain, Kept())) == (self.told, [])
        self.open()
        for stream in self.streams.values():
            stream.in_flight = None

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
            stream.in_flight = None
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
