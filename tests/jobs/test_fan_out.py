"""Lists are delivered in the background, by whichever process comes first, exactly once, through kill -9."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError

from notifications.jobs import fan_out
from tests.device import device
from tests.service import ROOT, Service

LIST = """
announcement = announce([f"user-{n:05}" for n in range(number)], title="For some", identifier="OPS")
result = announcement.pk
"""
TOPIC = """
subscribe_many([f"user-{n:05}" for n in range(number)], "news")
announcement = announce(topic="news", title="For some", identifier="OPS")
for n in range(0, number, 100):
    unsubscribe(f"user-{n:05}", "news")  # they were subscribed when it was published
result = announcement.pk
"""
STATE = """
from notifications.models import AnnouncementPart
waiting = AnnouncementPart.objects.filter(announcement=pk, delivered_at=None).count()  # first: it only falls
copies = Notification.objects.filter(announcement=pk)
result = {
    "copies": copies.count(),
    "users": copies.values("user_id").distinct().count(),
    "waiting": waiting,
    "unread": sum(Inbox.objects.values_list("unread", flat=True)),
}
"""
WORKER = """
import django; django.setup()
from notifications.jobs import fan_out
fan_out._run()
"""


async def test_a_server_delivers_what_another_process_announced(service: Service) -> None:
    with service.server("uvicorn") as server, service.outsider() as outsider:
        async with device(f"ws://{server.address}/notifications/ws/user-00007") as phone:
            await phone.frame("snapshot")
            pk = await outsider.run(LIST, number=2500)
            await phone.until(lambda: phone.titles == ["For some"])
            deadline = time.monotonic() + 20
            while (state := await outsider.run(STATE, pk=pk))["waiting"]:
                assert time.monotonic() < deadline, state
            assert state == {"copies": 2500, "users": 2500, "waiting": 0, "unread": 2500}


@pytest.mark.parametrize(("workers", "to_whom"), [(1, LIST), (2, LIST), (2, TOPIC)], ids=["one", "two", "topic"])
def test_killed_in_the_middle_it_goes_on_exactly_there(service: Service, workers: int, to_whom: str) -> None:
    number = 12_000
    with service.outsider() as outsider:
        pk = outsider.now(to_whom, number=number)
        deadline = time.monotonic() + 60
        for _ in range(3):
            before = outsider.now(STATE, pk=pk)
            with _delivering(service, workers) as running:
                while outsider.now(STATE, pk=pk)["waiting"] == before["waiting"]:
                    assert time.monotonic() < deadline, before
                    assert all(worker.poll() is None for worker in running)
            state = outsider.now(STATE, pk=pk)
            assert state["copies"] == state["users"] == state["unread"] == number - 1000 * state["waiting"]
        assert state["waiting"], "there was nothing left to go on with"
        with _delivering(service, workers):
            while outsider.now(STATE, pk=pk)["waiting"]:
                assert time.monotonic() < deadline
        assert outsider.now(STATE, pk=pk) == {"copies": number, "users": number, "waiting": 0, "unread": number}


@contextmanager
def _delivering(service: Service, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that deliver until they are killed."""
    command = [sys.executable, "-c", WORKER]
    running = [subprocess.Popen(command, cwd=ROOT, env=service.environment()) for _ in range(number)]
    try:
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.wait(timeout=10)


def test_a_database_that_is_away_does_not_stop_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    class Enough(BaseException):
        pass

    def deliver(after: int) -> int:
        rounds.append(1)
        if len(rounds) == 6:
            raise Enough
        if len(rounds) < 5:
            raise OperationalError("away") if len(rounds) < 4 else RuntimeError("a bug")
        return 0

    def soon(*_: Any) -> None:
        fan_out.wake()

    monkeypatch.setattr(fan_out, "deliver_next", deliver)
    monkeypatch.setattr(fan_out.time, "sleep", soon)
    monkeypatch.setattr(fan_out, "LOOK_SECONDS", 0.01)
    with pytest.raises(Enough):
        fan_out._run()
    assert caplog.messages == [
        "The delivery of announcements to lists waits for the database: away",
        "Announcements to lists stumbled; they go on.",
        "The delivery of announcements to lists goes on: the database answers.",
    ]


def test_what_waits_for_a_held_inbox_is_tried_once_in_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    class Enough(BaseException):
        pass

    def deliver(after: int) -> int:
        tried.append(after)
        if len(tried) == 6:
            raise Enough
        return {0: 3, 3: 7, 7: 0}[after]

    monkeypatch.setattr(fan_out, "deliver_next", deliver)
    monkeypatch.setattr(fan_out, "LOOK_SECONDS", 0.01)
    with pytest.raises(Enough):
        fan_out._run()
    assert tried == [0, 3, 7, 0, 3, 7]
