"""The kiosk's way to the relay when the line to it dies without a word."""

import asyncio
import itertools
import random
from functools import partial
from pathlib import Path

import pytest

from kiosk.call.handshake import Message
from kiosk.call.signalling import RelayAddress, Signalling, backoff_s
from kiosk.rendezvous.turn import TurnSettings
from tests.fakes.call_bench import TOKEN, rendezvous
from tests.fakes.line_relay import LineRelay
from tests.fakes.polling import until

ROOM = "r" * 22


class Line:
    """What the signalling has told."""

    def __init__(self) -> None:
        self.reachable: list[bool] = []

    async def heard(self, message: Message) -> None:
        assert message["type"] in ("peer", "servers")

    def came(self) -> int:
        return self.reachable.count(True)

    def has_come(self, times: int) -> bool:
        return self.came() == times


async def test_a_dead_connection_is_noticed_and_replaced_while_it_is_urgent(tmp_path: Path) -> None:
    told = Line()
    async with rendezvous(tmp_path) as server, LineRelay() as line:
        url = f"wss://localhost:{line.tcp('127.0.0.1', server.port, dialled_by='kiosk')}/signal"
        signalling = Signalling(
            RelayAddress(url, TOKEN, ROOM, server.cert_file), told.heard, told.reachable.append
        )
        signalling.start()
        try:
            await until(lambda: told.came() == 1)
            line.cut(True)
            signalling.urgent(True)
            await until(lambda: told.reachable[-1] is False)
            line.cut(False)
            await until(lambda: told.came() == 2)
            signalling.urgent(False)
            await asyncio.sleep(2.5)  # calm again: an idle connection is left alone
            assert told.reachable[-1] is True
            signalling.urgent(True)
            await asyncio.sleep(2.5)  # and one that answers is kept however urgent it is
            assert told.reachable[-1] is True
        finally:
            await signalling.close()


async def test_a_fault_of_ours_does_not_end_the_way_to_the_relay(tmp_path: Path) -> None:
    heard: list[object] = []

    async def stumble(message: Message) -> None:
        heard.append(message["type"])
        raise ZeroDivisionError

    told = Line()
    both = TurnSettings(("turn:127.0.0.1:9",), "a-secret-of-this-test")  # who is there, and which servers
    async with rendezvous(tmp_path, turn=both) as server:
        url = f"wss://localhost:{server.port}/signal"
        signalling = Signalling(
            RelayAddress(url, TOKEN, ROOM, server.cert_file), stumble, told.reachable.append
        )
        signalling.start()
        try:
            await until(lambda: len(heard) >= 2)
            assert told.reachable == [True]
        finally:
            await signalling.close()


def test_the_pauses_grow_twofold_and_have_an_end() -> None:
    assert [longest_s for _, longest_s in map(backoff_s, range(8))] == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert backoff_s(100_000) == (0.25, 20)
    spread = [longest_s - shortest_s for shortest_s, longest_s in map(backoff_s, range(8))]
    assert all(one <= other for one, other in itertools.pairwise(spread))  # not all kiosks at the same time


async def test_a_rendezvous_that_is_restarted_is_found_again_with_growing_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[tuple[float, float]] = []

    def shortest(low: float, high: float) -> float:
        chosen.append((low, high))
        return low

    monkeypatch.setattr(random, "uniform", shortest)
    told = Line()
    async with rendezvous(tmp_path) as first:
        port = first.port
        address = RelayAddress(f"wss://localhost:{port}/signal", TOKEN, ROOM, first.cert_file)
        signalling = Signalling(address, told.heard, told.reachable.append)
        signalling.start()
        await until(lambda: told.came() == 1)
    try:
        for came in (2, 3):
            await until(lambda: len(chosen) >= 4)
            assert chosen[:4] == [backoff_s(failures) for failures in range(4)]
            async with rendezvous(tmp_path, port=port):
                await until(partial(told.has_come, came))
                chosen.clear()  # once it is back, it begins anew
    finally:
        await signalling.close()
