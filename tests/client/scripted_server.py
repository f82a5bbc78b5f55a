"""A WebSocket server that follows a script: one scene for each connection, and answers to plain GETs beside them."""

import asyncio
import json
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response


class ScriptedServer:
    """``scenes`` are coroutine functions of a socket, played in turn; the last one is played again and again."""

    def __init__(self, scenes, *, rest=None, handshakes=()):
        self.scenes, self.rest, self.handshakes = list(scenes), rest, list(handshakes)
        self.queries, self.paths, self.offers, self.closes = [], [], [], []
        self.rest_requests = []

    @asynccontextmanager
    async def open(self):
        async with serve(
            self._play, "127.0.0.1", 0, process_request=self._request, select_subprotocol=self._choose
        ) as server:
            port = server.sockets[0].getsockname()[1]
            self.url = f"ws://127.0.0.1:{port}"
            yield self

    @property
    def visits(self):
        return len(self.paths)

    async def _request(self, connection, request):
        if request.headers.get("Upgrade") is None:
            self.rest_requests.append(request)
            status, body = self.rest(request)
            return _response(status, body)
        self.paths.append(urlsplit(request.path).path)
        self.queries.append({name: values[-1] for name, values in parse_qs(urlsplit(request.path).query).items()})
        status = self.handshakes.pop(0) if self.handshakes else None
        return None if status is None else _response(status, {})

    def _choose(self, connection, offered):
        self.offers.append(offered)
        return "notifications.v1" if "notifications.v1" in offered else None

    async def _play(self, socket):
        scene = self.scenes.pop(0) if len(self.scenes) > 1 else self.scenes[0]
        try:
            await scene(socket)
        finally:
            await socket.wait_closed() if scene.waits else await socket.close()
            self.closes.append(socket.close_code)


def scene(*steps, waits=True):
    """Frames to send (dicts), pauses (numbers), or coroutine functions of the socket; then wait for the client."""

    async def play(socket):
        for step in steps:
            if isinstance(step, dict):
                await socket.send(json.dumps(step))
            elif isinstance(step, int | float):
                await asyncio.sleep(step)
            else:
                await step(socket)

    play.waits = waits
    return play


def closing(code, reason=""):
    async def close(socket):
        await socket.close(code, reason)

    return close


async def dropping(socket):
    """The link is cut: no goodbye. What was sent before has arrived, which a pong proves."""
    await (await socket.ping())
    socket.transport.abort()


def welcome(inbox, *, heartbeat_seconds=25):
    return {
        "type": "welcome",
        "epoch": inbox.epoch,
        "seq": inbox.seq,
        "unread": len(inbox.unread),
        "unseen": len(inbox.unread),
        "heartbeat_seconds": heartbeat_seconds,
    }


def bye(code, reason, retry_after=None):
    frame = {"type": "bye", "code": code, "reason": reason}
    return frame if retry_after is None else {**frame, "retry_after": retry_after}


def _response(status, body):
    headers = Headers({"Content-Type": "application/json", "Connection": "close"})
    if status in (301, 302):
        headers["Location"] = body
    text = json.dumps(body).encode()
    headers["Content-Length"] = str(len(text))
    return Response(status, HTTPStatus(status).phrase, headers, text)
