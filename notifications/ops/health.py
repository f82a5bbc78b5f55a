"""What operators ask over HTTP: is it alive, is it ready, how much is going on."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from asgiref.sync import async_to_sync
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from notifications.actions.access import DEVELOPMENT, Action, Principal
from notifications.actions.caller import Caller
from notifications.actions.credentials import authenticate_header, authenticate_user
from notifications.exceptions import NotAuthenticated
from notifications.models import Notification
from notifications.realtime.groups import PROBE
from notifications.realtime.hub import living_hubs
from notifications.realtime.subscription import shared_layer
from notifications.wire.problems import CHALLENGE, MEDIA_TYPE, Problem

logger = logging.getLogger("notifications.ops")

PROBE_SECONDS = 2
STALLED_SECONDS = 60


@never_cache
@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so that a database that is away restarts nobody."""
    return JsonResponse({"status": "ok"})


@never_cache
@transaction.non_atomic_requests
@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 without a migrated database, or when the sweep stands still.

    Without the channel layer everything is served, some of it a little later.
    """
    database, migrations = _database()
    layer = _channel_layer()
    sweep_age = _sweep_age_seconds()
    is_ready = migrations == "ok" and (sweep_age or 0) < STALLED_SECONDS
    status = "unavailable" if not is_ready else "degraded" if layer == "away" else "ok"
    body = {
        "status": status,
        "database": database,
        "migrations": migrations,
        "channel_layer": layer,
        "sweep_age_seconds": sweep_age,
    }
    return JsonResponse(body, status=200 if is_ready else 503)


@never_cache
@transaction.non_atomic_requests
@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text about this process, for whoever may read every inbox."""
    try:
        principal = _principal(request)
    except NotAuthenticated as problem:
        return _refuse(Problem(401, "authentication_failed", str(problem), headers=CHALLENGE))
    if principal is None:
        return _refuse(Problem(401, headers=CHALLENGE))
    if not principal.may(Action.READ):
        return _refuse(Problem(403))
    hubs = living_hubs()
    is_up = _database() == ("ok", "ok")
    gauges = {
        "notifications_sockets_open": ("Sockets this process holds.", sum(hub.count for hub in hubs)),
        "notifications_users_connected": ("Users with a socket here.", sum(len(hub.sessions) for hub in hubs)),
        "notifications_database_up": (
            "Whether the database answers and is migrated.",
            int(is_up),
        ),
    }
    lines = [
        f"# HELP {name} {meaning}\n# TYPE {name} gauge\n{name} {value}\n" for name, (meaning, value) in gauges.items()
    ]
    return HttpResponse("".join(lines), content_type="text/plain; version=0.0.4; charset=utf-8")


_is_migrated = False


def _database() -> tuple[str, str]:
    """The database, ``ok`` or ``away``; its migrations, ``ok``, ``missing`` or ``unknown``, asked until they are ok."""
    global _is_migrated
    connection = connections[Notification.objects.db]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated:
            executor = MigrationExecutor(connection)
            _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError) as problem:
        logger.warning("Not ready, the database is away: %s", problem)
        return "away", "unknown"
    return "ok", "ok" if _is_migrated else "missing"


def _sweep_age_seconds() -> float | None:
    """Since the sweep last looked; None while there are no sockets to sweep for."""
    return max((round(monotonic() - hub.sweep.ran_at, 3) for hub in living_hubs()), default=None)


def _channel_layer() -> str:
    """``embedded`` (this process only), ``ok`` or ``away``."""
    layer = shared_layer()
    if layer is None:
        return "embedded"

    async def probe() -> None:
        async with asyncio.timeout(PROBE_SECONDS):
            await layer.group_send(PROBE, {"type": "probe"})

    try:
        async_to_sync(probe)()
    except Exception as problem:
        logger.warning("The channel layer is away: %s", problem)
        return "away"
    return "ok"


def _principal(request: HttpRequest) -> Principal | None:
    if "Authorization" in request.headers:
        return authenticate_header(request.headers["Authorization"])
    if principal := authenticate_user(getattr(request, "user", None), getattr(request, "session", None)):
        return principal
    return DEVELOPMENT if Caller.of_request(request).is_trusted_developer else None


def _refuse(problem: Problem) -> HttpResponse:
    return JsonResponse(
        problem.to_wire(), status=problem.status, headers=dict(problem.headers), content_type=MEDIA_TYPE
    )
