"""Group commit: creations that come while a transaction commits share the next one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.db import Error as DatabaseError
from django.utils import timezone

from notifications.actions.access import Action
from notifications.actions.group_commit import MaybeStored, store_shared
from notifications.actions.notify import Stored
from notifications.api.creations import Creation
from notifications.api.permissions import require
from notifications.api.problems import problem_of
from notifications.models import Notification
from notifications.wire.problems import MEDIA_TYPE
from notifications.wire.strict_json import dumps

from .admission import Caller, Callers, admitted
from .calls import CREATIONS, Answer, Call

CALLS = 64
ROWS = 1000
"""In one transaction. With more calls in it hardly any would be left to be read and answered while it waits for the
database."""
_storing = Lock()
"""For one transaction at a time: two would wait for each other's inboxes. Whose turn is next reads and checks its calls
meanwhile."""


@dataclass(slots=True)
class Draft:
    """A creation that was found good."""

    call: Call
    creation: Creation
    caller: Caller
    rows: list[Notification]


def answer_together(calls: Sequence[Call]) -> None:
    """Give the calls their answers; nothing is stored of one that is left without. Runs in a thread."""
    callers, now = Callers(), timezone.now()
    drafts = [draft for call in calls if (draft := _draft(call, callers, now)) is not None]
    let_in = {id(call) for call, _ in admitted([(draft.call, draft.caller) for draft in drafts])}
    for portion in _portions([draft for draft in drafts if id(draft.call) in let_in]):
        with _storing:
            _store(portion)


def _draft(call: Call, callers: Callers, now: datetime) -> Draft | None:
    creation = CREATIONS[call.hot]
    try:
        caller = callers.of(call)
        require(caller.principal, Action.CREATE)
        return Draft(call, creation, caller, creation.drafts(call.body, now))
    except DatabaseError:
        raise  # the others would meet it, too
    except Exception:
        return None


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
    stored: list[list[Stored]] | None = None
    try:
        stored = store_shared([draft.rows for draft in drafts])
        for draft, mine in zip(drafts, stored, strict=True):
            draft.call.answer = _answer(draft, draft.creation.status(mine), draft.creation.text(mine))
    except Exception as problem:
        if stored is None and not isinstance(problem, MaybeStored):
            return
        # It may be committed, or is: nobody may do it again.
        refusal = problem_of(problem)
        headers = {**refusal.headers, "content-type": MEDIA_TYPE}
        own = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
        for draft in drafts:
            draft.call.answer = _answer(draft, refusal.status, dumps(refusal.to_wire()), own)


def _answer(draft: Draft, code: int, text: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    principal = draft.caller.principal
    return Answer(code, text.encode(), (principal.kind, principal.name), headers)
