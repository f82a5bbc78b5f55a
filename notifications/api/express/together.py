"""Group commit: creations that come while a transaction commits share the next one."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from itertools import islice

from django.db import connection, transaction

from notifications.actions.access import Action, Principal
from notifications.actions.credentials import authenticate_header
from notifications.actions.notify import Stored, store
from notifications.api.creations import BATCH, ONE, Creation
from notifications.api.permissions import require
from notifications.api.problems import problem_of
from notifications.api.rates import Counted, admit, counted_address, counted_principal
from notifications.models import Notification
from notifications.realtime.threads import in_writer
from notifications.wire.problems import MEDIA_TYPE
from notifications.wire.strict_json import dumps

from .alone import REFUSALS
from .calls import Answer, Call

logger = logging.getLogger("notifications.api")

CREATIONS = {"create": ONE, "create_batch": BATCH}
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
    counted: tuple[Counted, ...]
    rows: list[Notification]


class Together:
    """For one event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Call, asyncio.Future[Answer | None]]] = []
        self._turn: asyncio.Task[None] | None = None

    async def answer(self, call: Call) -> Answer | None:
        """None when it is for Django to answer: nothing of it is stored."""
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, future))
        if self._turn is None:
            self._turn = asyncio.create_task(self._take_turns(), context=Context())
        return await future

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:CALLS], self._waiting[CALLS:]
                for (_call, future), answer in zip(group, await _answers([call for call, _ in group]), strict=True):
                    if not future.done():  # its client is still there
                        future.set_result(answer)
        finally:
            self._turn = None


async def _answers(calls: list[Call]) -> list[Answer | None]:
    try:
        return await in_writer(answer_together, calls)
    except Exception:
        # Nothing is stored yet; Django meets the same, and knows what to say of it.
        logger.debug("The express lane passes its calls on.", exc_info=True)
        return [None] * len(calls)


def answer_together(calls: Sequence[Call]) -> list[Answer | None]:
    """In the order of the calls; what raises has stored nothing. Runs in a thread."""
    known: dict[str, Principal] = {}
    found = _admitted([_draft(call, known) for call in calls])
    answers: list[Answer | None] = [None] * len(calls)
    places = [place for place, draft in enumerate(found) if draft is not None]
    for portion in _portions(places, [0 if draft is None else len(draft.rows) for draft in found]):
        drafts = [draft for place in portion if (draft := found[place]) is not None]
        for place, answer in zip(portion, _store(drafts), strict=True):
            answers[place] = answer
    return answers


def _draft(call: Call, known: dict[str, Principal]) -> Draft | None:
    creation = CREATIONS[call.action]
    try:
        principal = known.get(call.authorization) or authenticate_header(call.authorization)
        known[call.authorization] = principal
        require(principal, Action.CREATE)
        rows = creation.drafts(call.body)
    except REFUSALS:
        return None
    counted = [counted_address(call.meta), counted_principal(principal)]
    return Draft(call, creation, principal, tuple(one for one in counted if one is not None), rows)


def _admitted(found: Sequence[Draft | None]) -> list[Draft | None]:
    """Those that are within their rates; the cache is asked once for all."""
    room = admit(Counter(one for draft in found if draft is not None for one in draft.counted))
    admitted: list[Draft | None] = []
    for draft in found:
        if draft is not None:
            draft.call.admitted = {one for one in draft.counted if room[one]}
            room.update({one: room[one] - 1 for one in draft.call.admitted})
        admitted.append(draft if draft is not None and len(draft.call.admitted) == len(draft.counted) else None)
    return admitted


def _portions(places: Sequence[int], rows: Sequence[int]) -> Iterator[list[int]]:
    portion: list[int] = []
    size = 0
    for place in places:
        if portion and size + rows[place] > ROWS:
            yield portion
            portion, size = [], 0
        portion.append(place)
        size += rows[place]
    if portion:
        yield portion


def _store(drafts: Sequence[Draft]) -> list[Answer | None]:
    stored: list[Stored] | None = None
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
            stored = store([row for draft in drafts for row in draft.rows])
    except Exception as problem:
        connection.close_if_unusable_or_obsolete()
        if stored is None:
            return [None] * len(drafts)
        # It failed while it was committed: nobody knows whether it is, so nobody may do it again.
        refusal = problem_of(problem)
        return [_answer(draft, refusal.status, refusal.to_wire(), refusal.headers) for draft in drafts]
    rest = iter(stored)
    return [_answer(draft, *draft.creation.answer(list(islice(rest, len(draft.rows))))) for draft in drafts]


def _answer(draft: Draft, code: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Answer:
    more = {} if headers is None else {**headers, "content-type": MEDIA_TYPE}
    own = tuple((name.lower().encode(), value.encode()) for name, value in more.items())
    return Answer(code, dumps(body).encode(), (draft.principal.kind, draft.principal.name), own)
