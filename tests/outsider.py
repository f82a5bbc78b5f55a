"""Reads Python from its input, one JSON line each, and answers with the value: ``python -m tests.outsider``."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

import django

django.setup()

from notifications import announce, notify, notify_many, retract, subscribe_many, unsubscribe  # noqa: E402
from notifications.actions.mark import mark  # noqa: E402
from notifications.actions.notify import create_batch  # noqa: E402
from notifications.models import Announcement, APIKey, Inbox, Notification  # noqa: E402

KNOWN = {
    known.__name__: known
    for known in (
        APIKey, Announcement, Inbox, Notification, announce, create_batch, mark, notify, notify_many, retract,
        subscribe_many, unsubscribe,
    )
}  # fmt: skip


def evaluate(code: str, values: dict[str, Any]) -> Any:
    names = {**KNOWN, **values}
    try:
        expression = compile(code, "<test>", "eval")
    except SyntaxError:
        exec(compile(code, "<test>", "exec"), names)
        return names.get("result")
    return eval(expression, names)


def main() -> None:
    for line in sys.stdin:
        try:
            answer = {"value": evaluate(**json.loads(line))}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
