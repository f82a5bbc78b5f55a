"""Asking REST for what a snapshot leaves out, because a socket sends at most a hundred items of one."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

logger = logging.getLogger("notifications.client")

PAGE = 100
MOST = 10_000
"""So many missed notifications are fetched; of more, the newest."""
TIMEOUT_SECONDS = 10
PASSING_STATUSES = (401, 408, 425, 429)
"""401 too: the socket took the same credential, so it has just ended, and the socket will ask for another."""


class Incomplete(Exception):
    """There are more, or REST cannot be asked; ``items`` are those that came."""

    def __init__(self, reason: str, items: list[dict[str, Any]]) -> None:
        super().__init__(reason)
        self.items = items


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """Where one inbox is listed: ``https://host/notifications/123``."""

    url: str
    token: str | None

    async def unread_down_to(self, is_wanted: Callable[[Mapping[str, Any]], bool]) -> list[dict[str, Any]]:
        """The unread notifications, newest first, until one is not wanted.

        Raises Incomplete when some of them cannot be had, and OSError when trying again may help.
        """
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while len(items) < MOST:
            try:
                page, cursor = await asyncio.to_thread(self._read, cursor)
                wanted = [item for item in page if is_wanted(item)]
            except HTTPError as answer:
                answer.close()
                if answer.code in PASSING_STATUSES or answer.code >= 500:
                    raise
                raise Incomplete(f"REST answered {answer.code}", items) from None
            except HTTPException as problem:
                raise OSError(f"REST broke off: {problem!r}") from problem
            except (ValueError, KeyError, TypeError) as problem:
                raise Incomplete(f"REST answered what is no list: {problem!r}", items) from None
            items += wanted
            if len(wanted) < len(page) or cursor is None:
                return items
        raise Incomplete(f"more than {MOST} were missed", items)

    def _read(self, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """One page, and the cursor of the next. Blocks."""
        query = {"status": "unread", "limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        request = Request(f"{self.url}?{urlencode(query)}", headers=headers)  # noqa: S310 - http(s) by construction
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            page = json.load(response)
        following = parse_qs(urlsplit(page["next"] or "").query).get("cursor", [None])
        return list(page["results"]), following[0]


class _NoRedirect(HTTPRedirectHandler):
    """A credential goes where it was meant to go, and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener: OpenerDirector = build_opener(_NoRedirect)
