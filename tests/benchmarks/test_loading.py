"""Filling a database takes its indexes away, and brings each of them back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.loading import load
from benchmarks.places import rows
from tests.postgresql import fresh_database

TABLES = [
    "CREATE TABLE owner (id bigint PRIMARY KEY)",
    "CREATE TABLE thing (id bigint PRIMARY KEY, owner_id bigint REFERENCES owner, name text, UNIQUE (owner_id, name))",
    "CREATE INDEX thing_name ON thing (name DESC)",
    "CREATE UNIQUE INDEX thing_short ON thing (name, id) WHERE length(name) < 3",
]
INDEXES = {
    "postgres": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
    "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1",
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name",
}


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    made = (
        f"sqlite:///{tmp_path}/database.sqlite3"
        if request.param == "sqlite"
        else fresh_database(request.getfixturevalue("postgresql"), tmp_path.name)
    )
    load(made, TABLES)
    return made


def test_the_rows_are_stored_and_the_indexes_are_as_before(url: str) -> None:
    query = INDEXES[url.partition(":")[0]]
    before = rows(url, query)
    load(url, ["INSERT INTO owner VALUES (1)", "INSERT INTO thing VALUES (1, 1, 'a'), (2, 1, 'b')"])
    assert rows(url, "SELECT COUNT(*) FROM thing") == [(2,)]
    assert rows(url, query) == before
    assert any("thing_short" in row[0] for row in before)


def test_what_breaks_a_promise_of_the_table_is_not_stored(url: str) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"):
        load(url, ["INSERT INTO owner VALUES (1)", "INSERT INTO thing VALUES (1, 1, 'a'), (2, 1, 'a')"])
