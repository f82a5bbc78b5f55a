"""The console's log: one call to the system for the lines of a turn of the loop, and none of them lost or late."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from notification_engine.settings.logs import PIECE, Console, JSONFormatter
from notifications.ops.access_log import Answered, Requests


class Written(io.StringIO):
    """A stream that remembers what each call wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str) -> int:
        self.calls.append(text)
        return len(text)


@pytest.fixture
def console() -> Console:
    console = Console()
    console.setStream(Written())
    console.setFormatter(logging.Formatter("%(message)s"))
    return console


@pytest.fixture
def calls(console: Console) -> list[str]:
    assert isinstance(console.stream, Written)
    return console.stream.calls


@pytest.fixture
def logger(console: Console) -> Iterator[logging.Logger]:
    logger = logging.getLogger("tests.console")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(console)
    yield logger
    logger.removeHandler(console)


async def test_requests_that_share_a_record_have_whole_lines(console: Console, calls: list[str]) -> None:
    console.setFormatter(JSONFormatter())
    requests = Requests(Answered(f"id-{number}", "GET", f"/{number}", 200, 0.1, 5, None) for number in range(100))
    record = logging.LogRecord("notifications.access", logging.INFO, "", 0, "%s", (requests,), None)
    record.requests = requests
    console.handle(record)
    await asyncio.sleep(0)
    written = [json.loads(line) for line in "".join(calls).splitlines()]
    assert [(line["path"], line["request_id"]) for line in written] == [(f"/{n}", f"id-{n}") for n in range(100)]
    assert len(calls) > 1
    assert all(call.endswith("\n") and len(call) <= PIECE for call in calls)


async def test_what_a_library_calls_requests_is_nothing_of_ours(console: Console, calls: list[str]) -> None:
    console.setFormatter(JSONFormatter())
    record = logging.LogRecord("another", logging.INFO, "", 0, "Hello", (), None)
    record.requests = 5
    console.handle(record)
    await asyncio.sleep(0)
    assert [json.loads(line)["message"] for line in calls] == ["Hello"]


async def test_lines_of_one_turn_are_written_together_and_in_order(logger: logging.Logger, calls: list[str]) -> None:
    for number in range(3):
        logger.info("line %d", number)
    assert calls == []
    await asyncio.sleep(0)
    assert calls == ["line 0\nline 1\nline 2\n"]
    logger.info("later")
    await asyncio.sleep(0)
    assert calls[1:] == ["later\n"]


async def test_a_warning_is_written_at_once_behind_what_came_before(logger: logging.Logger, calls: list[str]) -> None:
    logger.info("before")
    logger.warning("look here")
    assert calls == ["before\nlook here\n"]
    await asyncio.sleep(0)
    assert calls == ["before\nlook here\n"]


def test_without_a_loop_every_line_is_written_at_once(logger: logging.Logger, calls: list[str]) -> None:
    logger.info("one")
    logger.info("two")
    assert calls == ["one\n", "two\n"]


async def test_a_thread_writes_what_the_loop_still_gathers(logger: logging.Logger, calls: list[str]) -> None:
    logger.info("of the loop")
    await asyncio.get_running_loop().run_in_executor(None, logger.info, "of a thread")
    assert "".join(calls) == "of the loop\nof a thread\n"


def test_a_loop_that_ended_with_lines_leaves_them_to_the_next(logger: logging.Logger, calls: list[str]) -> None:
    ended = asyncio.new_event_loop()
    ended.call_soon(logger.info, "first")
    ended.call_soon(ended.stop)
    ended.run_forever()  # the writing was due in the turn after
    ended.close()
    assert calls == []

    async def more() -> None:
        logger.info("second")
        await asyncio.sleep(0)

    asyncio.run(more())
    assert calls == ["first\nsecond\n"]


def test_the_end_of_the_process_writes_the_rest(console: Console, logger: logging.Logger, calls: list[str]) -> None:
    loop = asyncio.new_event_loop()
    loop.call_soon(logger.info, "last words")
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    console.flush()  # as logging.shutdown does
    assert calls == ["last words\n"]


async def test_workers_that_share_a_pipe_do_not_cut_each_others_lines(logger: logging.Logger, calls: list[str]) -> None:
    lines = [f"{number} {'x' * 900}\n" for number in range(10)] + ["y" * 2 * PIECE + "\n", "the last\n"]
    for line in lines:
        logger.info(line[:-1])
    await asyncio.sleep(0)
    assert "".join(calls) == "".join(lines)
    assert all(call.endswith("\n") for call in calls)
    assert [call for call in calls if len(call) > PIECE] == [lines[10]]
    assert len(calls) == 5


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("stream", [Broken(), None], ids=["broken", "closed before the start"])
async def test_a_stream_that_nobody_reads_hurts_nobody(
    console: Console, logger: logging.Logger, stream: io.StringIO | None
) -> None:
    console.stream = stream
    logger.info("to nobody")
    await asyncio.sleep(0)
    logger.warning("to nobody either")


async def test_a_line_that_cannot_be_made_takes_no_other_with_it(
    console: Console, calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for args in [(1,), ("text",), (2,)]:
        console.handle(logging.makeLogRecord({"msg": "%d", "args": args, "levelno": logging.INFO}))
    await asyncio.sleep(0)
    assert calls == ["1\n2\n"]
    assert "--- Logging error ---" in capsys.readouterr().err
