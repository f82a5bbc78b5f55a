"""A TCP proxy that can cut, freeze (open but deaf), delay and throttle the links that run through it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Iterable
from typing import Any

Address = tuple[str, int]
HELD_BYTES = 64 * 1024
"""What a delayed or throttled direction holds back; beyond it the sender is not read."""
FLUSH_SECONDS = 0.01
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Proxy:
    """Listens on a free port and carries to ``target``; ``links`` by the port of the client's end."""

    def __init__(self, name: str, target: Address) -> None:
        self.name, self.target = name, target
        self.links: dict[int, Link] = {}
        self.disturbed: set[int] = set()
        """The client ports of links that were cut or frozen by us: what became of them proves nothing."""
        self.is_deaf = False
        self.delay_seconds = 0.0
        self.bytes_per_second = 0.0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _End(Link(self)), "127.0.0.1", 0, backlog=4096)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        await asyncio.sleep(0)

    def cut(self, links: Iterable[Link] | None = None) -> None:
        """Reset links (all of them): both ends see a connection that broke."""
        for link in list(self.links.values()) if links is None else list(links):
            link.cut()

    def freeze(self, links: Iterable[Link] | None = None, *, ends: Iterable[str] = ("client", "server")) -> None:
        """Carry nothing more of what these ends send, while both stay open: a half-open link. For good, or ``thaw``."""
        for link in list(self.links.values()) if links is None else list(links):
            link.freeze(ends)

    def cut_disturbed(self) -> None:
        """Reset what was frozen and never thawed."""
        self.cut(link for link in list(self.links.values()) if link.port in self.disturbed)

    def thaw(self) -> None:
        """Carry on everywhere."""
        self.is_deaf = False
        for link in list(self.links.values()):
            link.thaw()


class Link:
    """One connection through the proxy: the client's end and the server's end."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.ends: dict[str, _End] = {}
        self.port = 0
        self.is_over = False

    def opened(self, client: _End) -> None:
        self.port = client.transport.get_extra_info("peername")[1]
        self.proxy.links[self.port] = self
        self.proxy.disturbed.discard(self.port)
        self.ends["client"] = client
        # Not yet: with Python 3.11.2 a transport begins to read after ``connection_made`` whatever that said.
        asyncio.get_running_loop().call_soon(client.hold, "connecting")
        self._connecting = asyncio.ensure_future(self._connect(client))

    async def _connect(self, client: _End) -> None:
        try:
            _, server = await asyncio.get_running_loop().create_connection(lambda: _End(self), *self.proxy.target)
        except OSError:
            self.close(abruptly=True)
            return
        if self.is_over:
            server.transport.abort()
            return
        self.ends["server"] = server
        client.peer, server.peer = server, client
        if self.proxy.is_deaf:
            self.freeze(("client", "server"))
        client.release("connecting")

    def cut(self) -> None:
        self.proxy.disturbed.add(self.port)
        self.close(abruptly=True)

    def freeze(self, ends: Iterable[str]) -> None:
        self.proxy.disturbed.add(self.port)
        for name in ends:
            if name in self.ends:
                self.ends[name].hold("frozen")

    def thaw(self) -> None:
        for end in self.ends.values():
            end.release("frozen")

    def close(self, *, abruptly: bool = False) -> None:
        if self.is_over:
            return
        self.is_over = True
        self.proxy.links.pop(self.port, None)
        for end in self.ends.values():
            end.finish(abruptly=abruptly)


class _End(asyncio.Protocol):
    """One of the two sockets of a link; what it reads goes to its peer."""

    transport: Any
    peer: _End | None = None

    def __init__(self, link: Link) -> None:
        self.link = link
        self._holds: set[str] = set()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._due = 0.0
        self._is_over = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if not self.link.ends:
            self.link.opened(self)

    def data_received(self, data: bytes) -> None:
        proxy, peer = self.link.proxy, self.peer
        if peer is None:
            return
        if not self._waiting and not proxy.delay_seconds and not proxy.bytes_per_second:
            peer.transport.write(data)
            return
        loop = asyncio.get_running_loop()
        rate = proxy.bytes_per_second
        self._due = max(self._due, loop.time() + proxy.delay_seconds) + (len(data) / rate if rate else 0)
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > HELD_BYTES:
            self.hold("full")
        loop.call_at(self._due, self._pass_on)

    def _pass_on(self) -> None:
        data = self._waiting.popleft()
        self._waiting_bytes -= len(data)
        if self._waiting_bytes <= HELD_BYTES:
            self.release("full")
        if self.peer is not None and not self.link.is_over:
            self.peer.transport.write(data)

    def hold(self, reason: str) -> None:
        if not self._holds and not self._is_over:
            self.transport.pause_reading()
        self._holds.add(reason)

    def release(self, reason: str) -> None:
        self._holds.discard(reason)
        if not self._holds and not self._is_over:
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        if self.peer is not None:
            self.peer.hold("slow peer")

    def resume_writing(self) -> None:
        if self.peer is not None:
            self.peer.release("slow peer")

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        if exc is None and self._waiting:  # it said goodbye, which is still on its way
            asyncio.get_running_loop().call_at(self._due + FLUSH_SECONDS, self.link.close)
        else:
            self.link.close(abruptly=exc is not None)

    def finish(self, *, abruptly: bool) -> None:
        if self._is_over:
            return
        self._is_over = True
        if abruptly:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.transport.abort()
        else:
            self.transport.close()  # after what is written, as TCP would
