"""Uvicorn as a worker."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from notifications.conf import get_options
from notifications.realtime.pace import Pace
from notifications.realtime.waiting import Gate, Mailbox
from notifications.wire.codes import Close

from .goodbye import FINISH_SECONDS, say_goodbye
from .supervisor import BACKLOG
from .unread import Unread

CLOSING_SECONDS = 3
HEAD_BYTES = 64 * 1024
"""Of a request's head, and of whatever else is no body; websockets refuses a socket's head above 8 KiB."""
HEAD_SECONDS = 20
"""For the first head from the beginning of the connection, for a later one from its first byte."""
HEAD_PIECE_BYTES = 16 * 1024
"""Parsed at once: one read may bring four times what a head may have."""
PIPELINED_MAX = 32
"""Requests that wait behind the one that is answered: who sends more does not wait for answers at all."""
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
FRAME_BYTES = 64 * 1024
"""Of an incoming frame; the engine itself answers one above 16 KiB with an error frame."""
FRAMES_PIECE_BYTES = 4096
"""Bytes of input that are parsed before somebody looks at what they were."""
MESSAGES_MAX = 2500
"""That wait to be read: more than any pace of ``pace`` lets pass."""
FRAGMENT_COST = 0.1
"""Of a ping: a message of 64 KiB may come in some hundred."""
PONG_SECONDS = 20
"""For the answer to a ping, at least; as long as a reader may be slow, if that is longer."""
INTERIM = b"HTTP/1.1 1"
"""How an answer begins that comes before the answer."""


class Whole:
    """A transport that keeps the head of an answer until there is something of its body, or it is over.

    uvloop gives every write to the system at once; for most answers that is half of their cost there. A view that
    streams sends its head with its first piece.
    """

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.unread = Unread(transport)
        self._is_between_answers = True
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        if self._is_between_answers and not data.startswith(INTERIM):
            self._head, self._is_between_answers = data, False
        else:
            head, self._head = self._head, b""
            self.transport.write(head + data)

    def complete(self) -> None:
        """The answer is over, perhaps without a body: to HEAD."""
        if self._head and not self.transport.is_closing():
            self.write(b"")
        self._head, self._is_between_answers = b"", True

    def close(self) -> None:
        """Once the client has taken what was written."""
        self.complete()
        self.transport.close()
        self.unread.watch()


class Http(HttpToolsProtocol):
    """Uvicorn's, whose answers leave in one piece, and whose heads are bounded, as are the requests that wait.

    Uvicorn keeps a head however large it grows, and waits for the rest of it for ever; so it does with what may stand
    around a chunked body.
    """

    transport: Any
    _useless_bytes = 0
    """That came since a head was complete, or something of a body."""
    _head_until = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Whole(transport))  # type: ignore[arg-type]
        self._time_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.transport.unread.leave()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.unread.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self.transport.unread.leave()

    def data_received(self, data: bytes) -> None:
        if len(data) > HEAD_PIECE_BYTES:
            for start in range(0, len(data), HEAD_PIECE_BYTES):
                if self._is_open:
                    self.data_received(data[start : start + HEAD_PIECE_BYTES])
            return
        cycle = self.cycle
        body_bytes = len(cycle.body) if cycle else 0
        super().data_received(data)
        if self.cycle is not cycle:  # nearly always: a head is complete
            self._useless_bytes, self._head_until = 0, 0.0
        elif self._is_open:
            is_useless = cycle is None or len(cycle.body) == body_bytes
            self._bound(self._useless_bytes + len(data) if is_useless else 0)

    def on_headers_complete(self) -> None:
        """Uvicorn adds trailers to the headers, so that a proxy's X-Forwarded-For would not have the last word.

        Nor does it bound what waits: it reads on with each answer, and one read holds some ten thousand requests.
        """
        super().on_headers_complete()
        self.headers = self.headers.copy()  # they are added to this one, which nobody reads
        if len(self.pipeline) > PIPELINED_MAX:
            self.pipeline.clear()
            self.transport.close()

    @property
    def _is_open(self) -> bool:
        """Neither handed over to a socket nor closed."""
        return self in self.connections and not self.transport.is_closing()

    def _bound(self, useless_bytes: int) -> None:
        self._useless_bytes = useless_bytes
        is_between_requests = self.cycle is None or self.cycle.response_complete
        if useless_bytes > HEAD_BYTES:
            if is_between_requests:  # else it would stand in the midst of another answer
                self.transport.write(TOO_LARGE)
            self.transport.close()
        elif is_between_requests:
            self._time_head()

    def _time_head(self) -> None:
        """With the timer of idle connections, which Uvicorn stops whenever something comes."""
        self._head_until = self._head_until or self.loop.time() + HEAD_SECONDS
        self.timeout_keep_alive_task = self.loop.call_at(self._head_until, self.timeout_keep_alive_handler)

    def on_response_complete(self) -> None:
        self.transport.complete()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        if self.flow.write_paused:  # nobody would tell us any more when an earlier answer may go on
            self.transport.close()
            return
        whole = self.transport
        whole.unread.leave()
        self.transport = whole.transport
        super().handle_websocket_upgrade()
        self.transport = whole  # an earlier request on this connection may still be answered


class Socket(WebSocketsSansIOProtocol):
    """Uvicorn's, which never sends the refusal of a handshake that is too large (431, 414) or no HTTP.

    Nor has it another answer than 500 to one that meets the end of the server, nor a way to send what was made ready
    for many sockets, nor bounds for what is no message: pings that nobody reads the answers of, and empty fragments.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.queue: Any = Mailbox()
        self.writable: Any = Gate(is_open=True)
        self._pace: Pace | None = None

    def push(self, packed: bytes) -> bool:
        """Send a whole message, framed as RFC 6455 says, if it can go out now; else it is for ``send``, which waits."""
        is_open = self.handshake_complete and not self.close_sent and not self.transport.is_closing()
        if is_open and self.writable.is_set():
            self.transport.write(packed)
            return True
        return False

    def start_keepalive(self) -> None:
        """The handshake is over: its headers are not kept for as long as the socket lives (4 KiB)."""
        super().start_keepalive()
        self.request.headers.clear()
        self.response.headers.clear()

    def shutdown(self) -> None:
        if not self.handshake_complete and self.initial_response is None:
            self.conn.send_response(self.conn.reject(503, "The server restarts.\n"))
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), FRAMES_PIECE_BYTES):
            if self.transport.is_closing() or len(self.queue) > MESSAGES_MAX:
                break  # whoever said so much is being closed for it
            super().data_received(data[start : start + FRAMES_PIECE_BYTES])
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_ping(self) -> None:
        answer = b"".join(self.conn.data_to_send())
        if self._allows(1) and self.writable.is_set() and not self.close_sent:
            self.transport.write(answer)

    def keepalive_timeout(self) -> None:
        """To Uvicorn a ping without an answer is a fault of ours (1011)."""
        self.pong_timer = self.pending_ping_payload = None
        if not self.close_sent and not self.transport.is_closing():
            self._fail(Close.TOO_SLOW, "too_slow")

    def handle_pong(self, event: Any) -> None:
        if event.data == self.pending_ping_payload or self._allows(1):
            super().handle_pong(event)

    def handle_cont(self, event: Any) -> None:
        if self._allows(FRAGMENT_COST):
            super().handle_cont(event)

    def _allows(self, cost: float) -> bool:
        """Whether a frame may come that is no message; it is not for the application, so nobody else counts it."""
        self._pace = self._pace or Pace()
        if self._pace.allows(cost):
            return True
        self._fail(CloseCode.POLICY_VIOLATION, "too_many_frames")
        return False

    def _fail(self, code: int, reason: str) -> None:
        if self.writable.is_set() and not self.transport.is_closing():
            self.conn.fail(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()
            self.loop.call_later(CLOSING_SECONDS, self.transport.abort)  # the last bytes may never be taken
        else:
            self.transport.abort()


class DrainingServer(uvicorn.Server):
    """Stops accepting, says goodbye, then ends as Uvicorn does (which alone would close sockets with 1012)."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await say_goodbye()
        await self._let_sockets_close()
        await super().shutdown(sockets)

    async def _let_sockets_close(self) -> None:
        """Wait for the clients' part of the closing handshake.

        Uvicorn would close their connections now; where one holds input that was not read, that is a reset, which takes
        the goodbye away from a client that has not read it yet.
        """
        for _ in range(CLOSING_SECONDS * 20):
            if not any(isinstance(each, Socket) for each in self.server_state.connections):
                break
            await asyncio.sleep(0.05)


def run(application: Any, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=Http,
        ws=Socket,
        ws_max_size=FRAME_BYTES,
        ws_ping_timeout=max(PONG_SECONDS, get_options().SEND_TIMEOUT_SECONDS),
        ws_per_message_deflate=False,
        lifespan="off",
        backlog=BACKLOG,
        # Django reads the proxy's headers itself, and only as far as its settings trust them.
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    DrainingServer(config).run(sockets=[listener])
