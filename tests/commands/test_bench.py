"""``bench``: measures against a server of its own, and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.core.management import CommandError

from notifications import notify
from notifications.management.commands.bench import throw_away
from notifications.models import APIKey, Inbox, Notification
from tests.service import ROOT, Service


def test_it_measures_a_closed_service_and_erases_what_it_made(new_service: Callable[..., Service]) -> None:
    service = new_service(closed=True)
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "--users", "4", "--yes", "--json"],
        cwd=ROOT, env=service.environment(), capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])["figures"]
    assert {"created and delivered", "request to socket at 20/s, p99", "request to the last of 20 sockets"} <= set(
        figures
    )
    assert all(figure["value"] > 0 for figure in figures.values())
    with service.outsider() as outsider:
        assert outsider.now("[APIKey.objects.count(), Inbox.objects.count(), Notification.objects.count()]") == [
            0,
            0,
            0,
        ]


@pytest.mark.django_db
def test_a_production_database_is_touched_only_after_a_yes(run: Callable[..., list[str]]) -> None:
    with pytest.raises(CommandError, match="give --yes"):
        run("bench")
    assert not APIKey.objects.exists()


@pytest.mark.django_db
def test_a_failure_erases_as_well_and_touches_nobody_else() -> None:
    notify("alice", title="Hello", identifier="M")
    with pytest.raises(ZeroDivisionError), throw_away(3) as (user_ids, _):
        notify(user_ids[0], title="Hello", identifier="M")
        1 / 0  # noqa: B018
    assert not APIKey.objects.exists()
    assert set(Inbox.objects.values_list("pk", flat=True)) == {"alice"}
    assert Notification.objects.get().user_id == "alice"
