"""The inboxes: counters that agree with a recount, and nothing that should have expired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from django.utils import timezone

from notifications.actions.recount import drifted, mend, sample, without_inbox
from notifications.models import Inbox, Notification
from notifications.models.states import LIVE

from .findings import Finding, ok, problem

SAMPLE = 200
PORTION = 500
SHOWN = 10
COUNTED = 1000
OVERDUE_SECONDS = 60
"""A clock expires within five seconds; what has waited for so long waits for a clock."""

Tell = Callable[[int, int], object]
"""Hears how many inboxes have been recounted, and of how many."""


def counters(*, full: bool, fix: bool, tell: Tell) -> Iterator[Finding]:
    """Recount a sample of the inboxes, or all of them; ``fix`` mends what is wrong, and tells every device."""
    shown: list[str] = []
    looked_at = wrong = 0
    total = Inbox.objects.count() if full else SAMPLE
    for user_ids in _portions(full=full):
        for drift in drifted(user_ids):
            wrong += 1
            if fix:
                mend(drift.user_id)
            if wrong <= SHOWN:
                shown.append(str(drift))
        looked_at += len(user_ids)
        tell(looked_at, total)
    for user_id in without_inbox(SHOWN) if full else ():
        wrong += 1
        if fix:
            mend(user_id)
        shown.append(f"{user_id}: notifications lie in no inbox")
    which = f"{looked_at} inboxes" if full else f"a sample of {looked_at} inboxes"
    for detail in shown:
        yield _report(detail, fix=fix)
    if wrong > len(shown):
        yield _report(f"{wrong} of {which} in all", fix=fix)
    elif not wrong:
        yield ok("counters", f"no drift in {which}" + ("" if full else "; --full recounts all"))


def expiry() -> Iterator[Finding]:
    limit = timezone.now() - timedelta(seconds=OVERDUE_SECONDS)
    late = Notification.objects.filter(LIVE, expires_at__lt=limit).order_by("expires_at")
    oldest = late.values_list("expires_at", flat=True).first()
    if oldest is None:
        yield ok("expiry", "nothing is overdue")
        return
    number = late[:COUNTED].count()
    many = f"{number}" if number < COUNTED else f"{number} or more"
    yield problem(
        "expiry",
        f"{many} notifications should have expired, the first at {oldest:%Y-%m-%d %H:%M:%S} UTC",
        fix="Servers expire what is due: is one running (`manage.py serve`)? If so, its log says what holds it up.",
    )


def _report(detail: str, *, fix: bool) -> Finding:
    if fix:
        return ok("counters", f"mended {detail}")
    return problem("counters", detail, fix="Run `manage.py doctor --full --fix-counters`.")


def _portions(*, full: bool) -> Iterable[list[str]]:
    return Inbox.objects.portions(PORTION) if full else [sample(SAMPLE)]
