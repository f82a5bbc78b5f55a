"""The lane itself, as an ASGI application around Django's."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from notifications.api.creations import BATCH
from notifications.api.rates import ADMITTED
from notifications.realtime.threads import in_changer, in_reader, in_writer
from notifications.realtime.turns import Turns
from notifications.trace import note_caller

from .calls import ALONE, CHANGES, CREATIONS, READS, Answer, Call, call_of
from .learned import Headers, Learned
from .methods import answer_alone, answer_reads
from .slots import Slots
from .together import CALLS, answer_together

logger = logging.getLogger("notifications.api")

FULL_BYTES = 128 * 1024
"""About a thousand rows with a sentence each."""
READS_TOGETHER, READS_AT_ONCE = 8, 3
"""Who comes later does not wait for more. While one turn waits for the database others answer; one reader is left for
sockets."""
CHANGES_AT_ONCE = 2
"""They may wait for locks; the other threads for that are left to sockets."""
STUCK_SECONDS = 0.1
"""When none of them has come to an end for so long, those behind them are for Django."""

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Express:
    """Passes on whatever is no hot call, cannot be answered here, or is the first of its kind."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._learned = Learned()
        self._creations = Turns(
            partial(_all, in_writer, answer_together), size=CALLS, at_once=1, ahead=True, weigh=_weight
        )
        self._changes = Slots(CHANGES_AT_ONCE, seconds=STUCK_SECONDS)
        self._reads = Turns(partial(_all, in_reader, answer_reads), size=READS_TOGETHER, at_once=READS_AT_ONCE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        call = call_of(scope) if scope["type"] == "http" else None
        if call is None:
            await self._application(scope, receive, send)
            return
        headers = self._learned.headers(call)
        if headers is None:
            await self._application(scope, receive, self._learned.listen(call, send))
            return
        message = await receive()  # whole, and not too large: the guard saw to it
        if message["type"] != "http.request":
            return
        call.body = message["body"]
        await self._answer(call)
        if call.answer is not None:
            note_caller(*call.answer.caller)
            await _send(send, headers, call.answer)
            return
        whole = iter([message])

        async def replay() -> Message:
            return next(whole, None) or await receive()

        await self._application({**scope, ADMITTED: frozenset(call.admitted)}, replay, send)

    async def _answer(self, call: Call) -> None:
        try:
            if call.hot in CREATIONS:
                await self._creations.answer(call)
            elif call.hot in READS:
                await self._reads.answer(call)
            elif call.hot in ALONE:
                await in_reader(answer_reads, [call])
            if call.must_wait or call.hot in CHANGES:
                async with self._changes:
                    await in_changer(answer_alone, call)
        except Exception:
            # Refused, or out of order: Django meets the same, and knows what to say of it.
            logger.debug("The express lane passes a call on.", exc_info=True)


def _weight(call: Call) -> int:
    """In calls: batches of so many bytes fill a turn, and the next are read while these are stored."""
    return 1 + len(call.body) * CALLS // FULL_BYTES if CREATIONS[call.hot] is BATCH else 1


async def _all(
    in_thread: Callable[..., Awaitable[None]], answer: Callable[[Sequence[Call]], None], calls: Sequence[Call]
) -> Sequence[Exception | None]:
    """Give the calls their answers; what goes wrong is met by those that were left without."""
    problem: Exception | None = None
    try:
        await in_thread(answer, calls)
    except Exception as raised:
        problem = raised
    return [None if call.answer is not None else problem for call in calls]


async def _send(send: Send, headers: Headers, answer: Answer) -> None:
    if answer.headers:
        names = {name for name, _ in answer.headers}
        headers = (*(pair for pair in headers if pair[0] not in names), *answer.headers)
    length = (b"content-length", str(len(answer.body)).encode())
    await send({"type": "http.response.start", "status": answer.status, "headers": (*headers, length)})
    await send({"type": "http.response.body", "body": answer.body})
