"""What threads ask at the same time is answered together, by one of them: one wait for a service instead of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Lock
from typing import Generic, TypeVar

from django.db import connection

from notifications.conf import get_options

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

SIZE = 64
"""Answered at once."""
PATIENCE_SECONDS = 1
"""Who has waited so long and is in no turn yet asks alone: the one who asks may hang on a dead link."""


class Stopped(RuntimeError):
    """The thread that asked was ended, so nobody knows what became of it."""


class Turns(Generic[Asked, Answer]):
    """``answer_all`` returns an answer for each; when it raises, each of them asks again, alone.

    Who comes when nobody asks does so without waiting. Of those who come meanwhile the first asks next, for them all.
    """

    def __init__(self, answer_all: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._answer_all = answer_all
        self._lock = Lock()
        self._waiting: list[_Caller[Asked, Answer]] = []
        self._is_asking = False

    def answer(self, asked: Asked) -> Answer:
        if not may_share():
            return self._answer_all([asked])[0]
        caller: _Caller[Asked, Answer] = _Caller(asked)
        with self._lock:
            self._waiting.append(caller)
            asks, self._is_asking = not self._is_asking, True
        if not asks and not self._wait(caller):
            return self._answer_all([asked])[0]
        if not caller.is_taken:
            self._ask(caller)
        if caller.is_stopped:
            raise Stopped
        return caller.answers[0] if caller.answers else self._answer_all([asked])[0]

    def _wait(self, caller: _Caller[Asked, Answer]) -> bool:
        """Until it is answered, or is to ask for all who wait; False when it has lost patience."""
        try:
            if getattr(connection, "pool", None):
                with suppress(Exception):
                    connection.close()  # back into the pool: who asks may need it, and who waits does not
            if caller.turn.wait(PATIENCE_SECONDS) or not self._left(caller):
                caller.turn.wait()
                return True
        except BaseException:
            self._left(caller)
            raise
        return False

    def _left(self, caller: _Caller[Asked, Answer]) -> bool:
        """Leave, and let the next ask if it was this one's turn; False when its answer is on the way."""
        with self._lock:
            if caller not in self._waiting:
                return False
            self._waiting.remove(caller)
            if caller.turn.is_set():
                self._pass_on()
            return True

    def _ask(self, caller: _Caller[Asked, Answer]) -> None:
        """By the first of those who wait."""
        with self._lock:
            group, self._waiting = self._waiting[:SIZE], self._waiting[SIZE:]
            for each in group:
                each.is_taken = True
        try:
            answers = self._answer_all([each.asked for each in group])
            for each, answer in zip(group, answers, strict=True):
                each.answers = [answer]
        except Exception:
            if len(group) > 1:
                return  # and each asks alone
            raise
        except BaseException:
            for each in group:
                each.is_stopped = each is not caller
            raise
        finally:
            with self._lock:
                self._pass_on()
            for each in group:
                each.turn.set()

    def _pass_on(self) -> None:
        """Under the lock."""
        self._is_asking = bool(self._waiting)
        for following in self._waiting[:1]:
            following.turn.set()


class _Caller(Generic[Asked, Answer]):
    """A thread, and what it gets."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.turn = asked, Event()
        self.is_taken = self.is_stopped = False
        self.answers: Sequence[Answer] = ()


def may_share() -> bool:
    """Whether a caller's connection may be used for others: it is in no transaction, and ``GROUP_COMMIT`` is on."""
    if not get_options().GROUP_COMMIT or connection.in_atomic_block:
        return False
    is_open = connection.connection is not None
    return bool(connection.autocommit if is_open else connection.settings_dict["AUTOCOMMIT"])
