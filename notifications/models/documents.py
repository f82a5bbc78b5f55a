"""Rows that travel to the database as one JSON document.

Django and psycopg would prepare and quote each value by itself: half of what storing them cost a process. And the
statement is the same whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.db import connections


def document_of(rows: object, moment: Callable[[Any], str] | None = None) -> str:
    """The parameter: ``rows`` as a list, or one object. ``moment`` writes what is a datetime."""
    return orjson.dumps(rows, default=moment, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def row_of(using: str, columns: Mapping[str, str]) -> str:
    """``common``, for a FROM clause: the one object that is the parameter, by these members."""
    if connections[using].vendor == "sqlite":
        values = ", ".join(f"json_extract(document, '$.{name}') AS {name}" for name in columns)
        return f"(SELECT {values} FROM (SELECT %s AS document)) AS common"
    types = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"json_to_record(%s::json) AS common ({types})"


def rows_of(using: str, columns: Mapping[str, str]) -> str:
    """``given``, for a FROM clause: the objects of an array, in the one parameter, by these members.

    A member that an object lacks is NULL. ``place`` is the object's place. ``columns``: the PostgreSQL type of each.
    """
    if connections[using].vendor == "sqlite":
        values = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
        return f"(SELECT {values}, key AS place FROM json_each(%s)) AS given"
    types = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    names = ", ".join([*columns, "place"])
    return f"ROWS FROM (json_to_recordset(%s::json) AS ({types})) WITH ORDINALITY AS given ({names})"
