"""Devices that run the bell's headless client in Node: one process for all of them, a JSON a line each way."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from notifications.client import CommandRefused, InboxClosed
from tests.chaos.devices import CAPACITY, Held, Seen
from tests.chaos.ledger import Ledger
from tests.chaos.processes import Engine
from tests.servers import clean_environment
from tests.service import ROOT, TOKEN_KEY

SCRIPT = Path(__file__).with_name("node_devices.mjs")
OLDEST = 20
"""The first Node with a WebSocket of its own, behind a flag."""
LINE_BYTES = 64 * 1024 * 1024
END_SECONDS = 5
ANSWER_SECONDS = 20


@cache
def node() -> str | None:
    """The program, if it is there and new enough."""
    found = shutil.which("node")
    if found is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20).stdout
    version = re.match(r"v(\d+)", said)
    return found if version and int(version[1]) >= OLDEST else None


class NodeDevices:
    """The process. ``breaks``: how the client is broken on purpose, see ``BREAKS`` in the script."""

    breaks = ""

    def __init__(self, engines: Sequence[Engine], log_file: Path, *, token_seconds: int) -> None:
        self._engines, self._log_file, self._token_seconds = list(engines), log_file, token_seconds
        self._devices: dict[str, NodeDevice] = {}
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._numbers = count(1)
        self._process: asyncio.subprocess.Process | None = None
        self.failure: BaseException | None = None
        """Why the process is gone."""

    async def start(self) -> None:
        program = node()
        assert program, "Node is not installed"
        about = {
            "engines": [{"name": engine.name, "address": engine.address} for engine in self._engines],
            "key": TOKEN_KEY, "tokenSeconds": self._token_seconds, "capacity": CAPACITY, "breaks": self.breaks,
        }  # fmt: skip
        # The served file, or its source when it is named, as in tests/bell.
        environment = {name: os.environ[name] for name in ("NOTIFICATION_INBOX",) if name in os.environ}
        with self._log_file.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                program, "--experimental-websocket", str(SCRIPT), json.dumps(about),
                cwd=ROOT, env=clean_environment(**environment), process_group=0, limit=LINE_BYTES,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        self._listening = asyncio.create_task(self._listen(self._process))

    async def stop(self) -> None:
        """The end of its input is the end of it."""
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await asyncio.wait([self._listening])

    def device(self, name: str, user: str, ledger: Ledger) -> NodeDevice:
        device = self._devices[name] = NodeDevice(self, name, user, self._engines, ledger)
        return device

    def tell(self, deed: str, device: str, **what: object) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps({"do": deed, "device": device, **what}).encode() + b"\n")

    async def ask(self, deed: str, device: str, **what: object) -> Any:
        """What came of it. CommandRefused, or InboxClosed when the process is gone."""
        if self.failure:
            raise InboxClosed("Node is gone")
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            self.tell(deed, device, number=number, **what)
            return await self._answers[number]
        finally:
            del self._answers[number]

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                self._hear(**json.loads(line))
            status = await process.wait()
            self.failure = RuntimeError(f"Node ended with {status}: {self._log_file.read_text()[-2000:]}")
        except Exception as problem:
            self.failure = problem
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(InboxClosed("Node is gone"))

    def _hear(self, *, device: str | None, event: str, at: float, **told: Any) -> None:
        if device is not None:
            self._devices[device].hear(event, at, told)
            return
        answer = self._answers.get(told["number"])
        if answer is None or answer.done():  # who asked has given up
            return
        if event == "answer":
            answer.set_result(told["result"])
        else:
            answer.set_exception(CommandRefused(told["code"], told["detail"]))


class NodeDevice:
    """One ``InboxClient`` of the bell, which goes to another server each time it connects or asks REST."""

    kind = "Node"
    is_behind = False
    """Who looks has heard all that was announced before."""

    def __init__(self, process: NodeDevices, name: str, user: str, engines: Sequence[Engine], ledger: Ledger) -> None:
        self.name, self.user = name, user
        self.seen = Seen(name, user, ledger)
        self.held = Held(None, 0, 0, {}, 0)
        self._process = process
        self._engines = {engine.name: engine for engine in engines}
        self._engine = engines[0]
        self._port = 0
        self._since = 0
        self._refusal: BaseException | None = None

    def start(self) -> None:
        self._process.tell("start", self.name, user=self.user)

    def abort(self) -> None:
        if self._port:
            self._engine.front.disturbed.add(self._port)
            self._process.tell("abort", self.name)

    async def close(self) -> None:
        with suppress(InboxClosed, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._process.ask("close", self.name)

    async def mark(self, verb: str, ids: list[int]) -> None:
        await self._process.ask("mark", self.name, verb=verb, ids=ids)

    async def look(self) -> None:
        with suppress(InboxClosed, TimeoutError):  # ``failure`` says so
            async with asyncio.timeout(ANSWER_SECONDS):
                view = await self._process.ask("look", self.name)
                rows = {row["id"]: row for row in view["rows"]}
                self.held = Held(_cursor(view["cursor"]), view["unread"], view["unseen"], rows, 0)

    @property
    def failure(self) -> BaseException | None:
        """Why it gave up, which it never should."""
        return self._refusal or self._process.failure

    def hear(self, event: str, at: float, told: dict[str, Any]) -> None:
        """What the script says of it."""
        match event:
            case "connecting":
                self._engine, self._port, self._since = self._engines[told["engine"]], 0, told["since"]
                self.seen.connecting(self._engine.name)
            case "port":
                self._port = told["port"]
            case "frame":
                # Chained to the cursor that it asked with: what it took in since then came over REST.
                self.seen.frame(told["frame"], self._since, at=at)
            case "polled":
                self.seen.polled(told["frame"])
            case "holds":
                self.held = Held(_cursor(told["cursor"]), 0, 0, {}, 0)
                self.seen.forgets(told["lowest"])
            case "announced":
                self.seen.announcement(told)
            case "ended":
                is_ours = self._port in self._engine.front.disturbed
                self.seen.ended(told["code"], was_drained=self._engine.is_draining and not is_ours)
            case "state" if told["state"] == "closed":
                self._refusal = RuntimeError(f"it was refused with {told['code']}")


def _cursor(told: list[Any] | None) -> tuple[str, int] | None:
    return (told[0], told[1]) if told else None
