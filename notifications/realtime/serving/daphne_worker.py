"""Daphne as a worker."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor as twisted_reactor

from .goodbye import FINISH_SECONDS, say_goodbye

FRAME_BYTES = 64 * 1024
"""Of an incoming frame; the engine itself answers one above 16 KiB with an error frame."""
MESSAGE_BYTES = 1024 * 1024
"""Of a message in either direction: what is larger Daphne drops without a word, so this lies well above our frames."""

OFFERED = "sec-websocket-protocol"

reactor: Any = twisted_reactor


class Socket(WebSocketProtocol):
    """Daphne's, which answers 500 to a sub-protocol outside ASCII: a bad credential, not a fault."""

    def onConnect(self, request: Any) -> Any:  # noqa: N802  (Autobahn's name)
        if offered := request.headers.get(OFFERED):
            request.headers[OFFERED] = offered.encode("ascii", "backslashreplace").decode()
        return super().onConnect(request)


class DrainingServer(Server):
    """Stops accepting, says goodbye, lets requests finish; Daphne alone would cut everything at once.

    Without ``signal_handlers`` (``runserver`` under its reloader, outside the main thread) it ends as Daphne does.
    """

    def __init__(self, *, signal_handlers: bool = True, **options: Any) -> None:
        super().__init__(signal_handlers=False, ready_callable=self._prepare, **options)
        self._says_goodbye = signal_handlers
        self._ending: asyncio.Task[None] | None = None

    def _prepare(self) -> None:
        self.ws_factory.protocol = Socket
        if self._says_goodbye:
            self._listen_to_signals()

    def _listen_to_signals(self) -> None:
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop

        def end() -> None:
            self._ending = self._ending or loop.create_task(self._end())

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)

    async def _end(self) -> None:
        for listening in self.listeners:
            listening.addCallback(lambda port: port.stopListening())
        await say_goodbye()
        for _ in range(FINISH_SECONDS * 10):
            if all("disconnected" in details for details in self.connections.values()):
                break
            await asyncio.sleep(0.1)
        self.stop()


def run(application: Any, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    DrainingServer(
        application=application,
        endpoints=build_endpoint_description_strings(file_descriptor=listener.fileno()),
        websocket_max_message_size=MESSAGE_BYTES,
        websocket_max_frame_size=FRAME_BYTES,
        server_name="",
    ).run()
