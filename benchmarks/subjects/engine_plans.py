"""Prints how the database goes about requests that read: ``KEY PATH …``."""

from __future__ import annotations

import sys

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

LONGEST = 300
"""Characters of a statement that are shown."""


def main() -> None:
    _, key, *paths = sys.argv
    client = Client(headers={"Authorization": f"Bearer {key}", "Host": "127.0.0.1"})
    for path in paths:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        print(f"GET {path} {answer.status_code}")
        for query in captured:
            if query["sql"].startswith("SELECT") and "apikey" not in query["sql"]:
                print(f"\n{query['sql'][:LONGEST]}\n{_plan(query['sql'])}\n")


def _plan(sql: str) -> str:
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}")
        return "\n".join(f"    {row[-1]}" for row in cursor.fetchall())


if __name__ == "__main__":
    main()
