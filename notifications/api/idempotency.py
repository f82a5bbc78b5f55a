"""``Idempotency-Key``: the work is done once, and a retry gets the first answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from django.db import DatabaseError, transaction
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import limits
from notifications.actions.access import Principal
from notifications.actions.idempotency import Claim, ClaimLost, KeyReused, StillRunning, answer, claim_key, release
from notifications.models.retries import retried
from notifications.wire.problems import Problem, Refused
from notifications.wire.strict_json import dumps

from .creations import Answer

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
REUSED = Problem(422, "idempotency_key_reused", "This Idempotency-Key came with another request before.")
RUNNING = Problem(
    409, "idempotency_key_running", "The first request with this Idempotency-Key is still running.",
    headers={"Retry-After": "1"},
)  # fmt: skip


def once(request: Request, raw: bytes, work: Callable[[], Answer]) -> Response:
    """Answer with what ``work`` returns; with the header, do it at most once. A refused request frees its key."""
    key = request.headers.get(HEADER)
    if key is None:
        code, body = work()
        return Response(body, code)
    try:
        found = claim_key(
            cast("Principal", request.auth).name,
            limits.clean_as(HEADER, limits.clean_idempotency_key, key),
            _digest(request.path_info, raw),
        )
    except KeyReused:
        raise Refused(REUSED) from None
    except StillRunning:
        raise Refused(RUNNING) from None
    if not isinstance(found, Claim):
        return Response(json.loads(found.body), found.status or status.HTTP_200_OK, headers=REPLAYED)
    return _work(found, work)


def _work(claim: Claim, work: Callable[[], Answer]) -> Response:
    try:
        code, body = _answered(claim, work)
    except Exception as problem:
        with suppress(DatabaseError):  # it is free again in a minute anyhow
            release(claim)
        if isinstance(problem, ClaimLost):
            raise Refused(RUNNING) from None
        raise
    return Response(body, code)


@retried
def _answered(claim: Claim, work: Callable[[], Answer]) -> Answer:
    with transaction.atomic():
        code, body = work()
        answer(claim, code, dumps(body), str(body.get("user_id", "")))
    return code, body


def _digest(path: str, raw: bytes) -> str:
    return hashlib.sha256(path.rstrip("/").encode("utf-8", "surrogateescape") + b"\n" + raw).hexdigest()
