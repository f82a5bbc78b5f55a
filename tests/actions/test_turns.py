"""Threads that ask at the same time are answered together, each with its own answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest

from notifications.actions import turns
from notifications.actions.turns import Stopped, Turns


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


def test_when_a_turn_fails_each_asks_alone(service: Service) -> None:
    with ThreadPoolExecutor(3) as pool:
        first, good, bad = service.busy_with_one(pool, [2, 0])
        service.may_answer.set()
        assert (first.result(10), good.result(10)) == (10, 20)
        assert type(bad.exception(10)) is ZeroDivisionError
    assert sorted(service.groups[2:]) == [[0], [2]]
    assert service.turns.answer(3) == 30


def test_an_answer_too_few_is_an_error_and_not_another_answer() -> None:
    few: Turns[int, int] = Turns(lambda asked: [])
    with pytest.raises(ValueError, match="argument"):
        few.answer(1)


def test_who_waits_long_for_one_that_hangs_asks_alone(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(service.turns, "_answer_all", lambda asked: [7] if 2 in asked else service.answer_all(asked))
    with ThreadPoolExecutor(2) as pool:
        hanging, other = service.busy_with_one(pool, [2])
        assert other.result(10) == 7
        assert not hanging.done()
        service.may_answer.set()
        assert hanging.result(10) == 10
    assert service.turns.answer(3) == 30


class Ended(BaseException):
    """The thread is to end."""


def test_a_thread_that_is_ended_takes_nobody_with_it(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(asked: Sequence[int]) -> list[int]:
        found = service.answer_all(asked)
        if 5 in asked:
            raise Ended
        return found

    monkeypatch.setattr(service.turns, "_answer_all", end)
    with ThreadPoolExecutor(3) as pool:
        first, ended, other = service.busy_with_one(pool, [2, 5])
        service.may_answer.set()
        assert first.result(10) == 10
        assert [type(each.exception(10)) for each in (ended, other)] == [Ended, Stopped]
    assert service.turns.answer(3) == 30


def test_one_that_gives_up_waiting_does_not_hold_up_the_rest(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient(Event):
        """Its second thread is ended while it waits."""

        count = 0

        def wait(self, timeout: float | None = None) -> bool:
            Impatient.count += 1
            if Impatient.count == 1:
                until(lambda: len(service.turns._waiting) == 2)
                raise Ended
            return super().wait(timeout)

    with ThreadPoolExecutor(3) as pool:
        first = service.busy_with_one(pool, [])[0]
        monkeypatch.setattr(turns, "Event", Impatient)
        ended, last = pool.submit(service.turns.answer, 2), pool.submit(service.turns.answer, 3)
        assert type(ended.exception(10)) is Ended
        service.may_answer.set()
        assert (first.result(10), last.result(10)) == (10, 30)
    assert service.turns.answer(4) == 40


def test_nothing_is_shared_unless_it_is_wished(service: Service, options: Any) -> None:
    options(GROUP_COMMIT=False)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(service.turns.answer, number) for number in (1, 2)]
        until(lambda: len(service.groups) == 2)
        service.may_answer.set()
        assert [each.result(10) for each in asked] == [10, 20]
