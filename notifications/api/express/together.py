"""Group commit: creations that come while a transaction commits share the next one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextvars import Context
from dataclasses import dataclass
from itertools import islice

from django.db import Error as DatabaseError
from django.db import connection, transaction

from notifications.actions.access import Action, Principal
from notifications.actions.credentials import authenticate_header
from notifications.actions.notify import Stored, store
from notifications.api.creations import Creation
from notifications.api.permissions import require
from notifications.api.problems import problem_of
from notifications.api.rates import admit
from notifications.models import Notification
from notifications.realtime.threads import in_writer
from notifications.wire.problems import MEDIA_TYPE
from notifications.wire.strict_json import dumps

from .calls import CREATIONS, Answer, Call

CALLS = 128
ROWS = 1000
"""In one transaction."""
LOCK_MILLISECONDS = 100
"""Who has to wait longer for an inbox that somebody else holds waits alone: the others must not wait for him."""


@dataclass(slots=True)
class Draft:
    """A creation that was found good."""

    call: Call
    creation: Creation
    principal: Principal
    rows: list[Notification]


class Together:
    """For one event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Call, asyncio.Future[None]]] = []
        self._turn: asyncio.Task[None] | None = None

    async def answer(self, call: Call) -> None:
        """Give the call its answer, or leave it without one."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        if self._turn is None:
            self._turn = asyncio.create_task(self._take_turns(), context=Context())
        await done

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:CALLS], self._waiting[CALLS:]
                problem: Exception | None = None
                try:
                    await in_writer(answer_together, [call for call, _ in group])
                except Exception as raised:
                    problem = raised
                for call, done in group:
                    if done.done():  # its client has left
                        continue
                    if problem is None or call.answer is not None:
                        done.set_result(None)
                    else:
                        done.set_exception(problem)
        finally:
            self._turn = None


def answer_together(calls: Sequence[Call]) -> None:
    """Give the calls their answers; nothing is stored of one that is left without. Runs in a thread."""
    known: dict[str, Principal] = {}
    drafts = [draft for call in calls if (draft := _draft(call, known)) is not None]
    for portion in _portions(_admitted(drafts)):
        _store(portion)


def _draft(call: Call, known: dict[str, Principal]) -> Draft | None:
    creation = CREATIONS[call.hot]
    try:
        principal = known.get(call.authorization) or authenticate_header(call.authorization)
        known[call.authorization] = principal
        require(principal, Action.CREATE)
        return Draft(call, creation, principal, creation.drafts(call.body))
    except DatabaseError:
        raise  # the others would meet it, too
    except Exception:
        return None


def _admitted(drafts: Sequence[Draft]) -> list[Draft]:
    """Those that are within their rates; the cache is asked once for all."""
    counted = [draft.call.counted(draft.principal) for draft in drafts]
    room = admit(Counter(one for each in counted for one in each))
    for draft, each in zip(drafts, counted, strict=True):
        draft.call.admitted = {one for one in each if room[one]}
        room.update({one: room[one] - 1 for one in draft.call.admitted})
    return [draft for draft, each in zip(drafts, counted, strict=True) if len(draft.call.admitted) == len(each)]


def _portions(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    portion: list[Draft] = []
    size = 0
    for draft in drafts:
        if portion and size + len(draft.rows) > ROWS:
            yield portion
            portion, size = [], 0
        portion.append(draft)
        size += len(draft.rows)
    if portion:
        yield portion


def _store(drafts: Sequence[Draft]) -> None:
    stored: list[Stored] | None = None
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
            stored = store([row for draft in drafts for row in draft.rows])
        rest = iter(stored)
        for draft in drafts:
            mine = list(islice(rest, len(draft.rows)))
            draft.call.answer = _answer(draft, draft.creation.status(mine), draft.creation.text(mine))
    except Exception as problem:
        connection.close_if_unusable_or_obsolete()
        if stored is None:
            return
        # It may be committed, or is: nobody may do it again.
        refusal = problem_of(problem)
        headers = {**refusal.headers, "content-type": MEDIA_TYPE}
        own = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
        for draft in drafts:
            draft.call.answer = _answer(draft, refusal.status, dumps(refusal.to_wire()), own)


def _answer(draft: Draft, code: int, text: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    return Answer(code, text.encode(), (draft.principal.kind, draft.principal.name), headers)
