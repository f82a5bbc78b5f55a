"""Idempotency keys: a retry gets the first answer, and the work is done once even when a process dies in between.

A key is claimed in its own transaction, so that others see it at once; the answer is written in the transaction of the
work, on the condition that the claim is still ours. A claim whose request died can be taken over after a minute.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import IdempotencyRecord, Inbox
from notifications.models.idempotency import KEPT

CREATED = 201


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Ours to answer."""

    record_id: int
    token: str


class KeyReused(Exception):
    """The same key with another body (422)."""


class StillRunning(Exception):
    """The first request has not answered yet (409)."""


class ClaimLost(Exception):
    """Another request took over a claim that had seemed dead, or the user was erased; the work is rolled back (409)."""


def claim_key(credential: str, key: str, body_digest: str) -> Claim | IdempotencyRecord:
    """A claim for the first request, its answered record for a replay; raises KeyReused or StillRunning."""
    token = secrets.token_hex(16)
    try:
        record, is_new = IdempotencyRecord.objects.get_or_create(
            credential=credential, key=key, defaults={"body_digest": body_digest, "claim": token}
        )
    except IntegrityError:  # a rival had the key, and was refused before we could look at its record
        raise StillRunning from None
    if is_new:
        return Claim(record_id=record.pk, token=token)
    if record.is_stale:
        fresh = {"body_digest": body_digest, "claim": token, "claimed_at": timezone.now()}
        fresh |= {"status": None, "body": "", "user_id": ""}
        if IdempotencyRecord.objects.filter(pk=record.pk, claim=record.claim, status=record.status).update(**fresh):
            return Claim(record_id=record.pk, token=token)
        raise StillRunning
    if record.body_digest != body_digest:
        raise KeyReused
    if record.status is None:
        raise StillRunning
    return record


def answer(claim: Claim, status: int, body: str, user_id: str = "") -> None:
    """Keep the answer, in the transaction of the work; ``user_id`` is whose notification it holds, if any."""
    mine = IdempotencyRecord.objects.filter(pk=claim.record_id, claim=claim.token, status=None)
    is_repeat = bool(user_id) and status != CREATED  # what was created just now holds the lock already
    if (is_repeat and not _is_held(user_id)) or not mine.update(status=status, body=body, user_id=user_id):
        transaction.set_rollback(True)
        raise ClaimLost


def _is_held(user_id: str) -> bool:
    """Lock the inbox, if it is there: an answer that repeats an older notification may not outlive its erasure."""
    return bool(Inbox.objects.filter(pk=user_id).select_for_update(no_key=True).values_list("pk"))


def release(claim: Claim) -> None:
    """The request was refused: the key is free again."""
    IdempotencyRecord.objects.filter(pk=claim.record_id, claim=claim.token, status=None).delete()


def forget_old_keys() -> int:
    """Drop what is past its 24 hours."""
    return old_keys().delete()[0]


def old_keys() -> QuerySet[IdempotencyRecord]:
    """Past their 24 hours."""
    return IdempotencyRecord.objects.filter(claimed_at__lt=timezone.now() - KEPT)
