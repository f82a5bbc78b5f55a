"""``manage.py serve``: processes on one port, and a goodbye to every socket."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

import pytest

from tests.counted import samples
from tests.device import device
from tests.realtime.wire import until
from tests.servers import Server, free_port, running
from tests.service import ROOT, Service


def workers_of(parent: int) -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}


async def both_workers_of(parent: int) -> set[int]:
    """The socket listens before the workers are there."""
    await until(lambda: len(workers_of(parent)) == 2, seconds=20)
    return workers_of(parent)


HANDSHAKE = (
    "GET /notifications/ws/123 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
)


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_no_socket_is_compressed(service: Service, kind: str) -> None:
    """Each would keep its own windows, and a frame could not be packed once for all."""
    with service.server(kind) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        asked = HANDSHAKE + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        writer.write(asked.format(port=server.port).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"sec-websocket-extensions" not in answer.lower()


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_a_restart_tells_every_socket_to_come_back_and_ends_well(service: Service, kind: str) -> None:
    with service.server(kind) as server:
        async with AsyncExitStack() as stack:
            devices = [
                await stack.enter_async_context(device(f"ws://{server.address}/notifications/ws/{user_id}"))
                for user_id in range(1, 13)
            ]
            for one in devices:
                await one.frame("snapshot")
            began = monotonic()
            server.terminate()
            for one in devices:
                bye = await one.frame("bye", code=4012, reason="restart", seconds=20)
                assert bye["retry_after"] == [0, 5]
                assert await one.ends(seconds=20) == 4012
        assert server.process.wait(20) == 0
        assert monotonic() - began < 20


async def test_the_connection_stays_until_the_client_has_heard_the_goodbye(service: Service) -> None:
    """Closed earlier, what the client still says would be answered with a reset, which may take the goodbye away."""
    close = bytes([0x88, 0x82, 0, 0, 0, 0]) + (4012).to_bytes(2, "big")
    with service.server("two-uvicorns") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"{HANDSHAKE}\r\n".format(port=server.port).encode())
        await reader.readuntil(b'"snapshot"')
        server.terminate()
        await reader.readuntil(bytes([0x88, 2]) + (4012).to_bytes(2, "big"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.5)
        writer.write(close)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_a_worker_that_dies_is_replaced_and_its_devices_miss_nothing(service: Service, kind: str) -> None:
    with service.server(kind) as server, service.outsider() as outsider:
        url = f"ws://{server.address}/notifications/ws/123"
        before = await both_workers_of(server.process.pid)
        async with device(url) as first:
            await first.frame("snapshot")
            for worker in before:
                os.kill(worker, signal.SIGKILL)
            assert await first.ends() == 1006
        await outsider.run('notify(123, title="while it was away", identifier="M").seq')
        async with device(url, replica=first.replica) as again:
            await again.until(lambda: again.titles == ["while it was away"], seconds=20)
        assert not before & workers_of(server.process.pid)


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_a_frame_of_500_changes_arrives(service: Service, kind: str) -> None:
    with service.server(kind) as server, service.outsider() as outsider:
        url = f"ws://{server.address}/notifications/ws/123"
        item = {"user_id": 123, "title": "t" * 200, "identifier": "M"}
        async with device(url) as phone:
            await phone.frame("snapshot")
        await outsider.run("create_batch([item] * 500)[1]", item=item)
        async with device(url, replica=phone.replica) as phone:
            await phone.until(lambda: phone.replica.seq == 500)
            assert len(phone.replica.items) == 500
            assert phone.ranges == [(0, 500)]


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_workers_end_with_a_parent_that_was_killed(service: Service, kind: str) -> None:
    with service.server(kind) as server:
        async with device(f"ws://{server.address}/notifications/ws/123") as phone:
            await phone.frame("snapshot")
            workers = workers_of(server.process.pid)
            server.kill()
            await phone.frame("bye", code=4012, seconds=20)
            assert await phone.ends(seconds=20) == 4012
        deadline = monotonic() + 20
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            assert monotonic() < deadline
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_the_welcome_comes_before_any_answer(service: Service, kind: str) -> None:
    with service.server(kind) as server:
        async with device(f"ws://{server.address}/notifications/ws/123") as phone:
            await phone.ask(type="ping")
            await phone.ask(type="read", ids=[1])
            await phone.frame("ok")
            await phone.frame("heartbeat")
            assert [frame["type"] for frame in phone.frames[:2]] == ["welcome", "snapshot"]


def test_it_may_be_started_from_anywhere(service: Service, tmp_path: Path) -> None:
    port = free_port()
    with running(
        [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(port)],
        port=port, environment=service.environment(), directory=tmp_path, log=tmp_path / "elsewhere.log",
    ) as server, urlopen(f"http://{server.address}/healthz", timeout=20) as answer:  # fmt: skip
        assert answer.status == 200


async def test_a_taken_port_is_one_clear_line(service: Service) -> None:
    with service.server("two-uvicorns") as server:
        refused = subprocess.run(
            [sys.executable, "manage.py", "serve", "--port", str(server.port)],
            env=service.environment(), capture_output=True, text=True, timeout=30,
        )  # fmt: skip
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1].endswith("Address already in use.")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_any_worker_answers_for_all_of_them(service: Service, kind: str) -> None:
    def numbers(server: Server) -> dict[str, float]:
        with urlopen(f"http://{server.address}/metrics", timeout=10) as answer:
            return samples(answer.read().decode())

    with service.server(kind) as server:
        before = await both_workers_of(server.process.pid)
        async with AsyncExitStack() as stack:
            url = f"ws://{server.address}/notifications/ws"
            for user_id in range(1, 25):
                phone = await stack.enter_async_context(device(f"{url}/{user_id}"))
                await phone.frame("snapshot")
            for _ in range(8):  # the connections of the scrapes are shared among the workers, too
                found = await asyncio.to_thread(numbers, server)
                assert found["notifications_sockets_open"] == found["notifications_users_connected"] == 24
                assert found['notifications_frames_sent_total{type="welcome"}'] == 24
                assert found["notifications_database_up"] == 1
                assert 0 <= found["notifications_sweep_age_seconds"] < 20
            folder = metrics_folder_of(min(before))
            assert folder.is_dir()
            for worker in before:
                os.kill(worker, signal.SIGKILL)
            await until(lambda: not before & workers_of(server.process.pid), seconds=10)
            left = await asyncio.to_thread(numbers, server)
            assert left["notifications_sockets_open"] == 0
            assert left['notifications_frames_sent_total{type="welcome"}'] == 24
    assert not folder.exists()


def metrics_folder_of(worker: int) -> Path:
    variables = Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")
    return next(
        Path(each.decode().partition("=")[2]) for each in variables if each.startswith(b"PROMETHEUS_MULTIPROC_DIR=")
    )
