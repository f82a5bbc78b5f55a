"""The consumer: one socket's life, from handshake to goodbye."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.db import Error as DatabaseError

from notifications import metrics
from notifications.actions.access import Action, Principal
from notifications.conf import get_options
from notifications.exceptions import NotAuthenticated
from notifications.trace import note_caller
from notifications.wire import frames
from notifications.wire.codes import Close, ErrorCode
from notifications.wire.commands import Ack, Auth, Command, CommandError, Mark, Ping, Sync, parse_command

from . import access_log, handshake
from .hub import Hub, get_hub
from .line import Send, abort_later
from .marking import mark_when_free
from .pace import ACK_COST, ERRORS_IN_A_ROW, Pace
from .session import Cursor, Session

logger = logging.getLogger("notifications.realtime")

GOODBYE_SECONDS = 0.1
RETURN_SECONDS = 5, 15
"""When who was too much may come back."""


class InboxConsumer(AsyncConsumer):
    """``/notifications/ws/{user_id}``. It has no channel of the layer: the process's hub subscribes for all."""

    hub: Hub
    session: Session | None = None

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        self.scope, self.base_send = scope, send
        self.pace, self.errors = Pace(), 0
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            # Daphne cancels its applications when it is told to stop: the last moment to say when to come back.
            if self.session is not None:
                await self.session.close(Close.RESTART, "restart", self.hub.return_seconds)
                await asyncio.sleep(GOODBYE_SECONDS)
            raise
        finally:
            if self.session is not None:
                self.session.leave()
                self.hub.leave(self.session)
                access_log.ended(self.session.user_id, self.session.close_code, self.opened_at)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without the look at old database connections that Channels takes, on one thread for all, each time."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        try:
            caller = handshake.caller_of(self.scope)
        except handshake.NotFound:
            await self.base_send({"type": "websocket.close", "code": int(Close.FORBIDDEN)})
            raise StopConsumer from None
        await self.base_send({"type": "websocket.accept", "subprotocol": handshake.offered_protocol(self.scope)})
        metrics.sockets_opened.inc()
        try:
            principal = await handshake.authenticate(self.scope, caller)
            note_caller(principal.kind, principal.name)
            user_id = handshake.inbox_of(self.scope, principal)
            query = handshake.parse_query(self.scope)
            self.hub = get_hub()
            self._check_room(principal, user_id)
        except handshake.Refused as refusal:
            await self._refuse(refusal.code, refusal.reason)
            return
        except DatabaseError:
            await self._refuse(Close.OVERLOADED, "The database is away; try again.")
            return
        self.session = Session(
            user_id,
            principal,
            self.base_send,
            is_full=_buffer_of(self.base_send),
            abort=_abort_of(self.base_send),
            push=_push_of(self.base_send),
            cursor=query.cursor,
            acknowledges=query.acknowledges,
            page=query.page,
        )
        self.opened_at = access_log.opened(user_id)
        self.scope["headers"].clear()  # the server keeps the scope for as long as the socket lives
        await self.hub.join(self.session)
        self.session.read_on()

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        session = self.session
        if session is None:
            return
        await session.is_ready.wait()
        if session.closed is not None:
            return
        text = message.get("text")
        if text is None:
            await session.close(Close.BAD_CLIENT, "text_frames_only")
            return
        try:
            command_id, command = parse_command(text)
        except CommandError as problem:
            if await self._pays(session):
                await self._answer_error(session, problem)
            return
        if not await self._pays(session, ACK_COST if isinstance(command, Ack) else 1):
            return
        try:
            await self._obey(session, command_id, command)
            self.errors = 0
        except CommandError as problem:
            await self._answer_error(session, problem)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        if self.session is not None:
            self.session.lose(message.get("code", 1006))
        raise StopConsumer

    async def _obey(self, session: Session, command_id: object, command: Command) -> None:
        match command:
            case Mark():
                await self._mark(session, command_id, command)
            case Sync(since=since, epoch=epoch):
                session.sync(Cursor(seq=since, epoch=epoch))
            case Ack(seq=seq):
                session.acknowledge(seq)
            case Ping():
                head = session.head
                await session.say(frames.heartbeat(seq=head.seq, unread=head.unread, unseen=head.unseen))
            case Auth(token=token):
                await self._renew(session, command_id, token)

    async def _mark(self, session: Session, command_id: object, command: Mark) -> None:
        if not session.principal.may_inbox(Action.UPDATE, session.user_id):
            raise CommandError(ErrorCode.PERMISSION_DENIED, "You may not change this inbox.", command_id=command_id)
        try:
            async with self.hub.turn(session.user_id):
                if session.closed is not None:
                    return
                marked = await mark_when_free(session.user_id, command)
        except (DatabaseError, TimeoutError):
            detail = "The database is away, or others change this inbox; nothing was changed. Try again."
            raise CommandError(ErrorCode.UNAVAILABLE, detail, command_id=command_id) from None
        await session.say(frames.ok(command_id, seq=marked.head.seq, changed=marked.changed))

    async def _renew(self, session: Session, command_id: object, token: str) -> None:
        try:
            principal = await handshake.authenticate_secret(token)
        except NotAuthenticated as problem:
            raise CommandError(ErrorCode.NOT_AUTHENTICATED, str(problem), command_id=command_id) from None
        except DatabaseError:
            detail = "The database is away; the credential could not be checked. Try again."
            raise CommandError(ErrorCode.UNAVAILABLE, detail, command_id=command_id) from None
        if not principal.may_inbox(Action.READ, session.user_id):
            raise CommandError(ErrorCode.PERMISSION_DENIED, "This token is for another inbox.", command_id=command_id)
        session.principal = principal
        await session.say(frames.ok(command_id, seq=session.head.seq, changed=0))

    async def _answer_error(self, session: Session, problem: CommandError) -> None:
        if problem.code != ErrorCode.UNAVAILABLE:  # that one is ours
            self.errors += 1
        await session.say(frames.error(problem.command_id, problem.code, problem.detail))
        if self.errors >= ERRORS_IN_A_ROW:
            await session.close(Close.BAD_CLIENT, "too_many_errors")

    async def _pays(self, session: Session, cost: float = 1) -> bool:
        """Who asks too much is to come back later; earlier it costs a refusal, not a snapshot."""
        if self.pace.allows(cost):
            return True
        self.hub.paused[session.principal.name, session.user_id] = monotonic() + RETURN_SECONDS[0]
        await session.close(Close.TOO_MANY, "too_many_commands", RETURN_SECONDS)
        return False

    def _check_room(self, principal: Principal, user_id: str) -> None:
        options = get_options()
        if self.hub.paused.get((principal.name, user_id), 0) > monotonic():
            raise handshake.Refused(Close.TOO_MANY, "too_many_commands")
        if self.hub.crowd(user_id) >= options.MAX_SOCKETS_PER_USER:
            raise handshake.Refused(Close.TOO_MANY, "too_many_sockets")
        if self.hub.count >= options.MAX_SOCKETS:
            raise handshake.Refused(Close.OVERLOADED, "overloaded")
        if not self.hub.openings.allows(principal.name, user_id):
            raise handshake.Refused(Close.TOO_MANY, "too_many_openings")

    async def _refuse(self, code: Close, reason: str) -> None:
        retry_after = RETURN_SECONDS if code in (Close.TOO_MANY, Close.OVERLOADED) else None
        metrics.sockets_closed[code].inc()
        access_log.refused(code)
        metrics.frames_sent["bye"].inc()
        await self.base_send({"type": "websocket.send", "text": frames.bye(code, reason, retry_after)})
        await self.base_send({"type": "websocket.close", "code": int(code)})
        abort_later(_abort_of(self.base_send))


class UnknownPath(AsyncConsumer):
    """Any other socket path: refused at the handshake, where an unrouted one would be a server error."""

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": int(Close.FORBIDDEN)})


def _buffer_of(send: Send) -> Callable[[], bool]:
    """Whether the server's write buffer for this socket is full.

    Uvicorn's ``send`` waits by itself. Daphne's returns at once and buffers without bound, but Twisted's transport
    tells: it pauses its producer above 64 KiB (``twisted.internet.abstract.FileDescriptor.producerPaused``).
    """
    protocol: Any = next(iter(getattr(send, "args", ())), None)
    transport: Any = getattr(protocol, "transport", None)
    if not hasattr(transport, "producerPaused"):
        return lambda: False
    return lambda: bool(transport.producerPaused)


def _abort_of(send: Send) -> Callable[[], object]:
    """Cuts the TCP connection under Uvicorn, whose ``send`` is a method of the protocol.

    Daphne does so by itself one second after a close that the client does not answer.
    """
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    abort: Callable[[], object] = getattr(transport, "abort", lambda: None)
    return abort


def _push_of(send: Send) -> Callable[[bytes], bool]:
    """The way past ``send`` that our own server has (``serving.uvicorn_worker.Socket.push``)."""
    push: Callable[[bytes], bool] = getattr(getattr(send, "__self__", None), "push", lambda packed: False)
    return push
