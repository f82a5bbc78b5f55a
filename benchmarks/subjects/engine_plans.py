"""Prints how the database goes about the requests that read an inbox: ``USER KEY``."""

from __future__ import annotations

import sys

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402


def main() -> None:
    _, user, key = sys.argv
    client = Client(headers={"Authorization": f"Bearer {key}", "Host": "127.0.0.1"})
    for path in (f"/notifications/{user}", f"/notifications/{user}/counts", f"/notifications/{user}/changes?since=1"):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = client.get(path)
        print(f"GET {path} {answer.status_code}")
        for query in captured:
            if query["sql"].startswith("SELECT"):
                print(f"\n{query['sql'][:300]}\n{_plan(query['sql'])}")


def _plan(sql: str) -> str:
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql.replace('%', '%%')}")
        return "\n".join(f"    {row[-1]}" for row in cursor.fetchall())


if __name__ == "__main__":
    main()
