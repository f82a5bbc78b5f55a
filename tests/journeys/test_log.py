"""The log of a production server after a day's work: ids and lines, and nothing that anybody wrote or kept secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.device import device
from tests.service import Service

BODY = "Body-that-nobody-may-log"
QUERY = "Query-that-nobody-may-log"


@pytest.mark.parametrize("kind", ["two-uvicorns", "two-daphnes"])
async def test_the_log_of_production(new_service: Callable[..., Service], kind: str) -> None:
    service = new_service(closed=True)
    with service.server(kind) as server, service.outsider() as outsider:
        key = await outsider.run('APIKey.objects.issue("shop", scopes=["admin"])[1]')

        def ask(path: str, *, data: bytes | None = None, **headers: str) -> tuple[int, str]:
            given = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
            request = Request(f"http://{server.address}{path}", data=data, headers=given)
            try:
                with urlopen(request, timeout=10) as answer:
                    return answer.status, answer.headers["X-Request-ID"]
            except HTTPError as refused:
                return refused.code, refused.headers["X-Request-ID"]

        message = {"user_id": "alice@x.example", "title": BODY, "identifier": "M", "data": {"k": BODY}}
        created = ask("/notifications/", data=json.dumps(message).encode(), **{"X-Request-ID": "from-the-shop-1"})
        assert created == (201, "from-the-shop-1")
        assert ask(f"/notifications/?search={QUERY}")[0] == 200
        assert ask(f"/notifications/alice@x.example?nonsense={QUERY}")[0] == 400
        assert ask("/notifications/", data=f"{{{BODY}".encode())[0] == 400
        assert ask("/notifications/", Authorization=f"Bearer ntf_{QUERY}")[0] == 401
        assert ask("/notifications/", data=b" " * 70_000)[0] == 413
        url = f"ws://{server.address}/notifications/ws/alice@x.example"
        async with device(f"{url}?since=0&epoch={QUERY}", token=key) as phone:
            await phone.frame("snapshot")
            await phone.ask(type="nonsense", id="c1", text=BODY)
            await phone.frame("error")
        async with device(url, token=f"ntf_{QUERY}") as phone:
            assert await phone.ends() == 4401
    log = server.log
    for secret in (BODY, QUERY, key, "alice", "ntf_", "?", service.environment()["SECRET_KEY"]):
        assert secret not in log.replace("Serving notification_engine", ""), secret
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    asked: list[dict[str, Any]] = [line for line in lines if "method" in line and line["path"] != "/healthz"]
    assert sorted(line["status"] for line in asked) == [200, 201, 400, 400, 401, 413]
    [first] = [line for line in asked if line["request_id"] == "from-the-shop-1"]
    assert (first["method"], first["path"], first["credential"]) == ("POST", "/notifications/", "key:1")
    sockets = {line["socket"]: line for line in lines if "socket" in line}
    assert set(sockets) == {"opened", "refused", "ended"}
    assert sockets["opened"]["request_id"] == sockets["ended"]["request_id"] != sockets["refused"]["request_id"]
    assert sockets["opened"]["credential"] == "key:1"
    assert sockets["refused"]["code"] == 4401
    assert sockets["ended"]["code"] in (1000, 1001, 1005)
