"""What a loop in the background says while the database is away."""

from __future__ import annotations

import logging

import pytest
from django.db import DatabaseError, OperationalError, connection

from notifications.models.outage import Outage

logger = logging.getLogger("notifications.tests")


@pytest.fixture
def outage() -> Outage:
    return Outage(logger, "The clock")


def test_an_outage_is_told_once_and_so_is_its_end(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    outage.ended()
    for port in (1, 2, 3):
        outage.began(OperationalError(f"refused on port {port}\nIs it running?"))
    outage.ended()
    outage.ended()
    assert caplog.messages == [
        "The clock waits for the database: refused on port 1 Is it running?",
        "The clock goes on: the database answers.",
    ]


def test_the_next_outage_is_told_again(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        outage.began(OperationalError("refused"))
        outage.ended()
    assert len(caplog.messages) == 4


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["SELECT 1 FROM nowhere", "SELECT missing_column FROM notifications_inbox"])
def test_a_missing_table_or_column_says_migrate(
    outage: Outage, caplog: pytest.LogCaptureFixture, statement: str
) -> None:
    outage.began(OperationalError("refused"))
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as failed:
        cursor.execute(statement)
    outage.began(failed.value)
    assert "run `manage.py migrate` (" in caplog.messages[1]


@pytest.mark.django_db
def test_another_mistake_of_a_statement_does_not(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as failed:
        cursor.execute("SELEC")
    outage.began(failed.value)
    assert "migrate" not in caplog.text
