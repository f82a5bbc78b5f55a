"""Turns of an event loop: how many are asked at once, and when one more begins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from notifications.realtime.turns import Turns


class Asking:
    """Answers each with itself, when it is told to; ``groups`` are those asked so far."""

    def __init__(self, **how: Any) -> None:
        self.groups: list[Sequence[str]] = []
        self._may_end = asyncio.Semaphore(0)
        self.turns: Turns[str, str] = Turns(self._answer_all, **how)
        self._asked: list[asyncio.Future[str]] = []

    async def _answer_all(self, group: Sequence[str]) -> Sequence[str]:
        self.groups.append(group)
        await self._may_end.acquire()
        return group

    async def ask(self, names: str) -> list[Sequence[str]]:
        """The groups that are asked then."""
        self._asked += [asyncio.ensure_future(self.turns.answer(name)) for name in names]
        for _ in range(5):
            await asyncio.sleep(0)
        return self.groups

    async def end(self, number: int) -> list[Sequence[str]]:
        for _ in range(number):
            self._may_end.release()
        return await self.ask("")

    async def answers(self) -> list[str]:
        for _ in self._asked:
            self._may_end.release()
        async with asyncio.timeout(5):
            return list(await asyncio.gather(*self._asked))


async def test_one_more_turn_begins_when_a_full_one_waits() -> None:
    asking = Asking(size=2, at_once=1, ahead=True)
    assert await asking.ask("ab") == [["a", "b"]]
    assert await asking.ask("c") == [["a", "b"]], "what waits is not a full turn"
    assert await asking.ask("d") == [["a", "b"], ["c", "d"]]
    assert await asking.ask("efg") == [["a", "b"], ["c", "d"]], "there is no third"
    assert await asking.end(1) == [["a", "b"], ["c", "d"], ["e", "f"]]
    assert await asking.end(1) == [["a", "b"], ["c", "d"], ["e", "f"]], "not ahead with less"
    assert await asking.end(1) == [["a", "b"], ["c", "d"], ["e", "f"], ["g"]]
    assert await asking.answers() == list("abcdefg")


@pytest.mark.parametrize("ahead", [False, True])
async def test_so_many_turns_are_asked_at_once(ahead: bool) -> None:
    asking = Asking(size=2, at_once=2, ahead=ahead)
    for name in "abcde":
        await asking.ask(name)
    expected = [["a"], ["b"], ["c", "d"]]
    assert asking.groups == expected[: 2 + ahead]
    assert await asking.answers() == list("abcde")


async def test_after_a_rest_it_goes_on() -> None:
    asking = Asking(size=2, at_once=1, ahead=True)
    for names in ("abcd", "e", "fghij"):
        await asking.ask(names)
        assert await asking.answers() == list("abcdefghij")[: len(asking._asked)]


async def test_a_heavy_one_fills_a_turn() -> None:
    asking = Asking(size=4, at_once=1, ahead=True, weigh={"a": 4, "b": 3, "c": 2}.get)
    assert await asking.ask("a") == [["a"]]
    assert await asking.ask("b") == [["a"]], "what waits is not a full turn"
    assert await asking.ask("b") == [["a"]], "who ask the same weigh once"
    assert await asking.ask("ca") == [["a"], ["b", "c"]]
    assert await asking.end(1) == [["a"], ["b", "c"], ["a"]]
    assert await asking.answers() == list("abbca")
    assert asking.turns._weight == 0
