"""What threads ask at the same time is answered together, by one of them: one wait for a service instead of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

from django.db import connection

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

SIZE = 64
"""Answered at once."""


class Turns(Generic[Asked, Answer]):
    """``answer_all`` returns an answer for each; what it raises, all of them meet. It is never asked twice at once.

    Who comes when nobody asks does so without waiting. Of those who come meanwhile the first asks next, for them all.
    """

    def __init__(self, answer_all: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._answer_all = answer_all
        self._lock = Lock()
        self._waiting: list[_Caller[Asked, Answer]] = []
        self._is_asking = False

    def answer(self, asked: Asked) -> Answer:
        caller: _Caller[Asked, Answer] = _Caller(asked)
        with self._lock:
            self._waiting.append(caller)
            asks, self._is_asking = not self._is_asking, True
        if not asks:
            if getattr(connection, "pool", None) and not connection.in_atomic_block:
                connection.close()  # back into the pool: who asks may need it, and who waits does not
            caller.turn.wait()
        if not caller.is_answered:
            self._ask()
        if caller.problem is not None:
            raise caller.problem
        return caller.answers[0]

    def _ask(self) -> None:
        """By the first of those who wait."""
        with self._lock:
            group, self._waiting = self._waiting[:SIZE], self._waiting[SIZE:]
        try:
            answers = self._answer_all([caller.asked for caller in group])
            for caller, answer in zip(group, answers, strict=True):
                caller.answers = [answer]
        except Exception as problem:
            for caller in group:
                caller.problem = problem
        finally:
            with self._lock:
                self._is_asking = bool(self._waiting)
                following = self._waiting[:1]
            for caller in group:
                caller.is_answered = True
            for caller in [*following, *group]:
                caller.turn.set()


class _Caller(Generic[Asked, Answer]):
    """A thread, and what it gets."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.turn = asked, Event()
        self.is_answered = False
        self.answers: Sequence[Answer] = ()
        self.problem: Exception | None = None
