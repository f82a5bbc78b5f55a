"""Under Uvicorn the head and the body of an answer leave in one piece, whatever the answer is like."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from notifications.realtime.serving.uvicorn_worker import Http, Whole
from tests.service import Service

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Transport:
    """Remembers what was written before it was closed."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_write_buffer_size(self) -> int:
        return 0


@pytest.fixture
def transport() -> Transport:
    return Transport()


def test_a_head_waits_for_its_body(transport: Transport) -> None:
    whole = Whole(transport)
    whole.write(HEAD)
    assert transport.written == []
    whole.write(b"{}")
    assert transport.written == [HEAD + b"{}"]
    for more in (b"more of the body", HEAD):  # which may say anything
        whole.write(more)
    assert transport.written[1:] == [b"more of the body", HEAD]


def test_an_answer_without_a_body_goes_out(transport: Transport) -> None:
    whole = Whole(transport)
    whole.write(HEAD)
    whole.write(b"")
    assert transport.written == [HEAD]


def test_an_interim_answer_does_not_wait(transport: Transport) -> None:
    Whole(transport).write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert transport.written == [b"HTTP/1.1 100 Continue\r\n\r\n"]


def test_a_head_that_gets_no_body_goes_out_before_the_end(transport: Transport) -> None:
    whole = Whole(transport)
    whole.write(HEAD)
    whole.close()
    assert transport.written == [HEAD]
    assert transport.is_closed


def test_the_next_answer_on_a_connection_waits_as_well(transport: Transport) -> None:
    whole = Whole(transport)
    for _ in range(2):
        whole.write(HEAD)
        whole.write(b"{}")
        whole.complete()
    assert transport.written == [HEAD + b"{}"] * 2


def test_the_answer_to_head_goes_out_when_it_is_over(transport: Transport) -> None:
    whole = Whole(transport)
    whole.write(HEAD)
    whole.complete()
    assert transport.written == [HEAD]


def test_uvicorn_tells_when_an_answer_is_over(transport: Transport) -> None:
    http = object.__new__(Http)
    http.transport, http.server_state = Whole(transport), ServerState()
    http.pipeline, http.flow, http.timeout_keep_alive_task = deque(), FlowControl(http.transport), None
    http.loop, http.timeout_keep_alive = asyncio.new_event_loop(), 0
    for _ in range(2):
        http.transport.write(HEAD)
        http.on_response_complete()
    http.loop.close()
    assert transport.written == [HEAD] * 2


async def test_answers_of_every_kind_come_whole_one_after_the_other(service: Service) -> None:
    """On one connection, which a later answer would not come through if an earlier one were kept or mixed up."""
    with service.server("serve") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)

        async def ask(line: str, *headers: str, body: str = "", has_body: bool = True) -> tuple[str, bytes]:
            host = f"Host: {server.address}"
            writer.write(("\r\n".join([f"{line} HTTP/1.1", host, *headers]) + f"\r\n\r\n{body}").encode())
            async with asyncio.timeout(5):
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = head.partition("content-length: ")[2].partition("\r\n")[0]
                return head.split()[1], await reader.readexactly(int(length)) if has_body and length else b""

        made = '{"user_id": "123", "title": "Hello", "identifier": "MESSAGE"}'
        json = ("Content-Type: application/json", f"Content-Length: {len(made)}")
        for _ in range(2):
            assert (await ask("POST /notifications/", *json, body=made))[0] == "201"
            assert (await ask("HEAD /notifications/123", has_body=False))[0] == "200"
            status, page = await ask("GET /notifications/123")
            assert (status, page[:1], page[-1:]) == ("200", b"{", b"}")
            assert (await ask("DELETE /notifications/1"))[0] in ("204", "404")
            assert (await ask("GET /nowhere"))[0] == "404"
            assert len((await ask("GET /static/notifications/notification-inbox.js"))[1]) > 10_000
        status, _ = await ask("POST /notifications/", *json, "Expect: 100-continue", has_body=False)
        assert status == "100"
        writer.write(made.encode() + f"GET /healthz HTTP/1.1\r\nHost: {server.address}\r\n\r\n".encode())
        for expected in (b"HTTP/1.1 201", b"HTTP/1.1 200"):
            async with asyncio.timeout(5):
                await reader.readuntil(expected)
        writer.write(b"no HTTP at all\r\n\r\n")
        async with asyncio.timeout(5):
            assert b" 400 " in await reader.read()
        writer.close()


async def test_an_upgrade_behind_a_request_that_is_still_answered_is_no_fault_of_ours(service: Service) -> None:
    """HTTP forbids it; whoever does it all the same gets what he gets, and fills no log with tracebacks."""
    with service.server("serve") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        host = f"Host: {server.address}\r\n"
        upgrade = (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {'A' * 22}==\r\n"
        )
        first = f"GET /notifications/123 HTTP/1.1\r\n{host}\r\n"
        writer.write(f"{first}GET /notifications/ws/123 HTTP/1.1\r\n{host}{upgrade}\r\n".encode())
        async with asyncio.timeout(5):
            await reader.readuntil(b'"snapshot"')
        await asyncio.sleep(0.5)
        writer.close()
        assert "Traceback" not in server.log


def test_a_head_for_a_client_that_has_gone_is_dropped(transport: Transport) -> None:
    whole = Whole(transport)
    whole.write(HEAD)
    transport.is_closed = True
    whole.close()
    assert transport.written == []
