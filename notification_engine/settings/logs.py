"""The service's logs: lines for people or JSON for machines, on the console, where the service manager keeps them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any

import orjson

from notifications.trace import current

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

ACCESS = "notifications.access"
MESSAGE_MAX = 300
PIECE = 4096
"""Bytes that a pipe takes in one piece on Linux (PIPE_BUF); workers share one."""

# No line shows who wrote it, in which thread and process, and looking that up takes a third of a line's time.
logging._srcfile = None  # as the standard library's guide to logging advises
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def bad_input_in_one_line(record: logging.LogRecord) -> bool:
    """Uvicorn logs a text frame that is not UTF-8 with a traceback, as if the service had failed; a line is enough."""
    if record.msg == "Invalid UTF-8 sequence received from client.":
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return True


def refused_host_in_one_line(record: logging.LogRecord) -> bool:
    """Django logs each Host it refuses as an error with a traceback; scanners send such all day."""
    record.msg, record.args = record.getMessage()[:MESSAGE_MAX], ()
    record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return logging.getLogger(record.name).isEnabledFor(logging.WARNING)


class Console(logging.StreamHandler[Any]):
    """Writes at the end of an event loop's turn what was logged in it, and at once what is a warning or comes from
    elsewhere. A system call for each line would cost more than the line: the loop lets other threads go first.
    """

    def __init__(self) -> None:
        super().__init__()
        self._gathered: list[str] = []
        self._due: asyncio.AbstractEventLoop | None = None
        """Who writes them next."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            self._gathered += text.split("\n") if _requests(record) else [text]
        except Exception:
            self.handleError(record)
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is None or record.levelno > logging.INFO:
            self.flush()
        elif self._due is not loop:
            self._due = loop
            loop.call_soon(self.flush)

    def flush(self) -> None:
        if (lock := self.lock) is None:
            return
        with lock, suppress(Exception):  # nobody reads them: that must hurt nobody who logs
            self._due = None
            lines, self._gathered = self._gathered, []
            for portion in _portions(line + self.terminator for line in lines):
                self.stream.write(portion)
            self.stream.flush()


def _portions(lines: Iterable[str]) -> Iterator[str]:
    """Whole lines, several to a piece."""
    portion = ""
    for line in lines:
        if portion and len(portion) + len(line) > PIECE:
            yield portion
            portion = ""
        portion += line
    if portion:
        yield portion


class LineFormatter(logging.Formatter):
    """For people: ``2026-11-22 10:00:00,000 INFO notifications.access [request id]: …``"""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}{shown_id}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        requests = _requests(record)
        if not requests:
            return self._format(record, _request_id())
        line, lines = copy(record), []
        for request in requests:
            line.msg, line.args = str(request), ()
            lines.append(self._format(line, request.request_id))
        return "\n".join(lines)

    def _format(self, record: logging.LogRecord, request_id: str | None) -> str:
        record.shown_id = f" [{request_id}]" if request_id else ""
        return super().format(record)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  (logging's name)
        return without_values(super().formatException(ei), ei[1])


class JSONFormatter(logging.Formatter):
    """For machines: one object a line, of these members only. What libraries attach to their records, such as Django's
    request, is left out: its representation holds the query string.
    """

    def format(self, record: logging.LogRecord) -> str:
        alike = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03}+00:00",
            "level": record.levelname,
            "logger": record.name,
        }
        if requests := _requests(record):
            return "\n".join(_one_line({**alike, "message": str(one), **one._asdict()}) for one in requests)
        line: dict[str, Any] = {**alike, "message": record.getMessage(), "request_id": _request_id()}
        if record.name == ACCESS and isinstance(record.args, dict):
            line |= record.args
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _one_line(line)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  (logging's name)
        return without_values(super().formatException(ei), ei[1])


@lru_cache(maxsize=2)
def _second(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat().removesuffix("+00:00")


def _one_line(line: dict[str, Any]) -> str:
    """Beyond ASCII there are characters that end a line, too: Python's encoder escapes them."""
    try:
        text = orjson.dumps(line, default=str)
        if text.isascii():
            return text.decode()
    except TypeError:  # half a surrogate pair, say
        pass
    return json.dumps(line, default=str, separators=(",", ":"))


def without_values(text: str, error: BaseException | None) -> str:
    """A traceback, each error's message cut to its first line: PostgreSQL repeats the refused row in those below."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        message = str(each)
        first = message.partition("\n")[0][:MESSAGE_MAX]
        if first != message:
            text = text.replace(message, f"{first} …")
        todo += [each.__cause__, each.__context__]
    return text


def logging_settings(*, form: str, level: int, access: int) -> dict[str, Any]:
    """``form``: ``line`` or ``json``. ``access``: the level of the lines of requests and sockets, written at INFO."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "bad_input": {"()": "django.utils.log.CallbackFilter", "callback": bad_input_in_one_line},
            "refused_host": {"()": "django.utils.log.CallbackFilter", "callback": refused_host_in_one_line},
        },
        "formatters": {"line": {"()": LineFormatter}, "json": {"()": JSONFormatter}},
        "handlers": {"console": {"()": Console, "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.db.backends": {
                "level": max(level, logging.INFO)
            },  # at DEBUG it writes statements with their values
            "django.request": {"level": logging.ERROR},  # below, it repeats refusals with their whole path
            "django.security.DisallowedHost": {"filters": ["refused_host"]},
            "daphne": {"level": "WARNING"},
            "uvicorn": {"level": "WARNING"},  # at INFO it writes two lines for every socket, with its query
            "uvicorn.error": {"filters": ["bad_input"]},
            ACCESS: {"level": access},
        },
    }


def _requests(record: logging.LogRecord) -> Sequence[Any]:
    """That share the record, and have a line each (``notifications.ops.access_log``)."""
    requests: Sequence[Any] = getattr(record, "requests", ()) if record.name == ACCESS else ()
    return requests


def _request_id() -> str | None:
    trace = current.get()
    return trace.request_id if trace else None
