"""What operators ask over HTTP: is it alive, is it ready."""

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

from notifications.models import Notification
from notifications.realtime.groups import PROBE
from notifications.realtime.hub import living_hubs
from notifications.realtime.subscription import shared_layer

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
    found, migrations = database()
    layer = _channel_layer()
    sweep_age = _sweep_age_seconds()
    is_ready = migrations == "ok" and (sweep_age or 0) < STALLED_SECONDS
    status = "unavailable" if not is_ready else "degraded" if layer == "away" else "ok"
    body = {
        "status": status,
        "database": found,
        "migrations": migrations,
        "channel_layer": layer,
        "sweep_age_seconds": sweep_age,
    }
    return JsonResponse(body, status=200 if is_ready else 503)


_is_migrated = False


def database() -> tuple[str, str]:
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
