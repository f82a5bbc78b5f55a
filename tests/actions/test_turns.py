"""Threads that ask at the same time are answered together, each with its own answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest

from notifications.actions import turns
from notifications.actions.turns import Turns


class Service:
    """Answers with ten times what is asked, once it is let to; fails on 0."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.is_asked, self.may_answer = Event(), Event()
        self.turns: Turns[int, int] = Turns(self.answer_all)

    def answer_all(self, asked: Sequence[int]) -> list[int]:
        self.groups.append(list(asked))
        self.is_asked.set()
        assert self.may_answer.wait(10)
        return [10 * number // bool(number) for number in asked]

    def busy_with_one(self, pool: ThreadPoolExecutor, others: Sequence[int]) -> list[Future[int]]:
        """1 is being answered, and the others wait, in this order."""
        asked = [pool.submit(self.turns.answer, 1)]
        assert self.is_asked.wait(10)
        for place, number in enumerate(others, 1):
            asked.append(pool.submit(self.turns.answer, number))
            until(lambda place=place: len(self.turns._waiting) == place)  # type: ignore[misc]
        return asked


def until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + 10
    while not is_so():
        assert monotonic() < deadline
        sleep(0.001)


@pytest.fixture
def service() -> Service:
    return Service()


def test_who_comes_alone_asks_alone(service: Service) -> None:
    service.may_answer.set()
    assert [service.turns.answer(1), service.turns.answer(2)] == [10, 20]
    assert service.groups == [[1], [2]]


def test_who_comes_meanwhile_is_answered_together(service: Service) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = service.busy_with_one(pool, [2, 3, 2])
        service.may_answer.set()
        assert [each.result(10) for each in asked] == [10, 20, 30, 20]
    assert service.groups == [[1], [2, 3, 2]]


def test_more_than_one_turn_takes_are_several(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SIZE", 2)
    with ThreadPoolExecutor(6) as pool:
        asked = service.busy_with_one(pool, [2, 3, 4, 5, 6])
        service.may_answer.set()
        assert [each.result(10) for each in asked] == [10, 20, 30, 40, 50, 60]
    assert service.groups == [[1], [2, 3], [4, 5], [6]]


def test_what_goes_wrong_is_met_by_those_of_the_turn_alone(service: Service) -> None:
    with ThreadPoolExecutor(3) as pool:
        first, *others = service.busy_with_one(pool, [2, 0])
        service.may_answer.set()
        assert first.result(10) == 10
        assert [type(each.exception(10)) for each in others] == [ZeroDivisionError] * 2
    assert service.turns.answer(3) == 30


def test_an_answer_too_few_is_an_error_and_not_another_answer() -> None:
    few: Turns[int, int] = Turns(lambda asked: [])
    with pytest.raises(ValueError, match="argument"):
        few.answer(1)
