"""The clock of a running server."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from notifications.jobs import clock
from tests.device import device
from tests.service import Service


async def test_what_is_due_goes_within_five_seconds_on_every_device(service: Service) -> None:
    with service.server() as server, service.outsider() as outsider:
        async with device(f"ws://{server.address}/notifications/ws/123") as phone:
            await phone.frame("snapshot")
            await outsider.run("1")  # it is up
            due = datetime.now(UTC) + timedelta(seconds=3)
            made = await outsider.run(
                'notify(123, title="Soon gone", identifier="M", expires_at=due).pk', due=due.isoformat()
            )
            await phone.until(lambda: made in phone.replica.items)
            await phone.until(lambda: made not in phone.replica.items, seconds=8)
            assert datetime.now(UTC) < due + timedelta(seconds=5)
            last = phone.frames[-1]
            assert (last["unread"], last["unseen"], last["items"]) == (0, 0, [{"id": made, "seq": 2, "deleted": True}])


def test_a_database_that_is_away_does_not_stop_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = []

    class Enough(BaseException):
        pass

    def expire() -> int:
        rounds.append(1)
        if len(rounds) == 5:
            raise Enough
        raise OperationalError("away") if len(rounds) < 4 else RuntimeError("a bug")

    monkeypatch.setattr(clock, "expire_due", expire)
    monkeypatch.setattr(clock.time, "sleep", lambda seconds: None)
    with pytest.raises(Enough):
        clock._run()
    assert caplog.messages == ["The clock waits for the database: away", "The clock stumbled; it goes on."]
