"""Finding what was stored before under the same ``dedupe_key``."""

from __future__ import annotations

from collections.abc import Iterable

from .documents import document_of, rows_of
from .notification import Notification

Key = tuple[str, str]
"""user_id and dedupe_key."""


def firsts(using: str, keys: Iterable[Key]) -> dict[Key, Notification]:
    """The notifications that have these keys already.

    Each pair is looked up by itself. By ``IN`` and ``IN`` every user would be looked up with every key.
    """
    table = Notification._meta.db_table
    columns = ", ".join(f"{table}.{field.column}" for field in Notification._meta.concrete_fields)
    sql = (
        f"SELECT {columns} FROM {rows_of(using, {'user_id': 'text', 'dedupe_key': 'text'})} JOIN {table} "
        f"ON {table}.user_id = given.user_id AND {table}.dedupe_key = given.dedupe_key"
    )
    document = document_of([{"user_id": user_id, "dedupe_key": key} for user_id, key in keys])
    found = Notification._base_manager.using(using).raw(sql, [document])
    return {(row.user_id, row.dedupe_key): row for row in found if row.dedupe_key is not None}
