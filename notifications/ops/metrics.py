"""``/metrics``: what the engine counted, as Prometheus text, for whoever may read every inbox."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from math import isinf
from time import monotonic

from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from notifications.actions.access import DEVELOPMENT, Action, Principal
from notifications.actions.caller import Caller
from notifications.actions.credentials import authenticate_header, authenticate_user
from notifications.exceptions import NotAuthenticated
from notifications.metrics import AGES, database_up
from notifications.trace import note_caller
from notifications.wire.problems import CHALLENGE, MEDIA_TYPE, Problem

from .health import database

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REMEMBERED_SECONDS = 600
"""A credential that read the numbers may go on so long without the database, which is when they matter most."""


@never_cache
@transaction.non_atomic_requests
@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What this process counted, or all workers of ``manage.py serve``, whichever of them is asked."""
    try:
        principal = _principal(request)
    except NotAuthenticated as problem:
        return _refuse(Problem(401, "authentication_failed", str(problem), headers=CHALLENGE))
    except (DatabaseError, InterfaceError):
        if not _is_remembered(request):
            return _refuse(Problem(503, detail="The database is away; the credential could not be checked."))
        database_up.set(0)
        return _shown()
    if principal is None:
        return _refuse(Problem(401, headers=CHALLENGE))
    if not principal.may(Action.READ):
        return _refuse(Problem(403))
    note_caller(principal.kind, principal.name)
    _remember(request)
    database_up.set(database() == ("ok", "ok"))
    return _shown()


class Ages(Collector):
    """The metrics of this process or of all workers, with moments turned into ages."""

    def collect(self) -> Iterator[Metric]:
        source = CollectorRegistry()
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            MultiProcessCollector(source)  # type: ignore[no-untyped-call]
        else:
            source = REGISTRY
        now = monotonic()
        for family in source.collect():
            if family.name not in AGES:
                yield family
                continue
            for sample in family.samples:
                age = 0 if isinf(sample.value) else max(0.0, now - sample.value)
                yield GaugeMetricFamily(AGES[family.name], family.documentation, value=age)


def _shown() -> HttpResponse:
    registry = CollectorRegistry()
    registry.register(Ages())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)


def _principal(request: HttpRequest) -> Principal | None:
    if "Authorization" in request.headers:
        return authenticate_header(request.headers["Authorization"])
    if principal := authenticate_user(getattr(request, "user", None), getattr(request, "session", None)):
        return principal
    return DEVELOPMENT if Caller.of_request(request).is_trusted_developer else None


_remembered: dict[str, float] = {}
"""Digests of credentials that may read the numbers, and when that was seen last."""


def _remember(request: HttpRequest) -> None:
    if header := request.headers.get("Authorization"):
        now = monotonic()
        for digest, at in list(_remembered.items()):  # other threads remember, and forget, at the same time
            if now - at > REMEMBERED_SECONDS:
                _remembered.pop(digest, None)
        _remembered[_digest(header)] = now


def _is_remembered(request: HttpRequest) -> bool:
    seen_at = _remembered.get(_digest(request.headers.get("Authorization", "")))
    return seen_at is not None and monotonic() - seen_at <= REMEMBERED_SECONDS


def _digest(header: str) -> str:
    return hashlib.sha256(header.encode()).hexdigest()


def _refuse(problem: Problem) -> HttpResponse:
    return JsonResponse(
        problem.to_wire(), status=problem.status, headers=dict(problem.headers), content_type=MEDIA_TYPE
    )
