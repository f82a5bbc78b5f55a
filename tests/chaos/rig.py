"""The rig: PostgreSQL, Redis, servers behind proxies, writers and devices, brought up and ended again."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.chaos.devices import Device, PythonDevice
from tests.chaos.faults import Faults
from tests.chaos.hand import outside
from tests.chaos.ledger import Ledger
from tests.chaos.node_devices import NodeDevices, node
from tests.chaos.plan import Plan
from tests.chaos.processes import ChaosService, Engine, Redis
from tests.chaos.proxy import Proxy
from tests.chaos.rest import Unknown
from tests.chaos.snippets import FRESH
from tests.chaos.writers import Writers
from tests.postgresql import cluster, fresh_database
from tests.service import ROOT

OPTIONS = {"HEARTBEAT_SECONDS": 2, "SEND_TIMEOUT_SECONDS": 5}
"""A device gives a silent link up after 5 s, so that a minute holds many of them. All else is as in production."""
DATABASE = "-c synchronous_commit=on -c track_commit_timestamp=on"
OUTSIDERS = 2
SETUP = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
root = User.objects.create_superuser("root")
session = SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(root.pk), "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = root.get_session_auth_hash()
session.create()
key = APIKey.objects.issue("chaos", scopes=["create", "read", "update"])[1]
from notifications.realtime.subscription import Subscription
result = [session.session_key, key, hasattr(Subscription, "_probe")]
"""


class Rig:
    """``async with Rig(plan) as rig``: all is up; afterwards every process is gone, whatever happened."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.ledger = plan, Ledger()
        self.users = [str(number) if number % 2 else f"user.{number}" for number in range(1, plan.users + 1)]
        self.strangers = [f"stranger.{number}" for number in range(1, plan.strangers + 1)]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.began = time.monotonic()
        random.seed(self.plan.seed)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(48))
        try:
            await self._up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _up(self) -> None:
        directory = Path(tempfile.mkdtemp(prefix="notifications-chaos-"))
        self._stack.callback(shutil.rmtree, directory, ignore_errors=True)
        url = self._stack.enter_context(cluster(DATABASE))  # not in a thread, which could not be called back
        self.database = fresh_database(url, "engine")
        self.redis = Redis()
        self.redis.start()
        self._stack.callback(self.redis.kill)
        self.database_link = await self._proxy("postgresql", int(url.rpartition(":")[2].partition("/")[0]))
        self.redis_links: dict[str, Proxy] = {}
        options = {**OPTIONS, **self.plan.options}
        self.service = ChaosService(directory, self.database, mutant=self.plan.mutant, part=self.plan.part, **options)
        outside = self.service.environment_of(
            "outsider", database=self.database, redis=f"redis://127.0.0.1:{self.redis.port}/0"
        )
        outside["LOG_LEVEL"] = "ERROR"  # it writes to the terminal
        await asyncio.to_thread(_migrate, {**outside, "CHAOS_CONTROL": ""})
        if self.plan.sql:
            with psycopg.connect(self.database, autocommit=True) as connection:
                connection.execute(self.plan.sql)
        self.database_link.delay_seconds = self.plan.database_delay
        self.engines = await asyncio.gather(*(self._engine(f"server{n}") for n in range(1, self.plan.engines + 1)))
        self.outsiders = [self._stack.enter_context(self._outsider(outside)) for _ in range(OUTSIDERS)]
        await asyncio.gather(*(engine.start() for engine in self.engines))
        self.devices: list[Device] = []
        self.node_devices: NodeDevices | None = None
        if self.plan.node and node():
            self.node_devices = NodeDevices(self.engines, directory / "node.log", token_seconds=self.plan.token_seconds)
            await self.node_devices.start()
            self._stack.push_async_callback(self.node_devices.stop)
        session, key, can_probe = await self.outsiders[0].run(SETUP)
        self.headers = {"Authorization": f"Bearer {key}"}
        for user in self.users:
            for number in range(1, random.randint(*self.plan.devices) + 1):
                self.new_device(user, f"{user}/{number}")
        self.writers = Writers(
            seed=self.plan.seed, ledger=self.ledger, engines=self.engines, outsiders=self.outsiders,
            devices=self.devices, users=self.users, strangers=self.strangers, key=key, admin_session=session,
            weights=dict(self.plan.weights),
        )  # fmt: skip
        self._stack.push_async_callback(self.writers.cancel)
        self.faults = Faults(
            self.plan, engines=self.engines, redis=self.redis, redis_links=self.redis_links, database=self.database,
            database_link=self.database_link, devices=self.devices, can_probe=can_probe,
        )  # fmt: skip
        self._stack.push_async_callback(self.faults.cancel)

    async def _proxy(self, name: str, port: int) -> Proxy:
        proxy = Proxy(name, ("127.0.0.1", port))
        await proxy.start()
        self._stack.push_async_callback(proxy.stop)
        return proxy

    async def _engine(self, name: str) -> Engine:
        link = self.redis_links[name] = await self._proxy(f"redis of {name}", self.redis.port)
        database = f"postgres://postgres@127.0.0.1:{self.database_link.port}/engine"
        redis = link.port
        if self.plan.is_direct:
            database, redis = self.database, self.redis.port
        environment = self.service.environment_of(name, database=database, redis=f"redis://127.0.0.1:{redis}/0")
        engine = Engine(name, self.service, environment, workers=self.plan.workers, is_direct=self.plan.is_direct)
        await engine.front.start()
        self._stack.push_async_callback(engine.front.stop)
        self._stack.callback(engine.end)
        return engine

    def _outsider(self, environment: dict[str, str]) -> Any:
        name = f"outsider{random.getrandbits(32)}"
        return self.service.outsider({**environment, "CHAOS_CONTROL": str(self.service.control_of(name))})

    async def ask(self, code: str, **values: object) -> Any:
        """The ``result`` of statements in another process, whose connection may have been terminated meanwhile."""
        for _ in range(3):
            with suppress(Unknown):
                return await outside(self.outsiders[0], FRESH + code, **values)
        raise AssertionError("the database does not come back")

    def new_device(self, user: str, name: str) -> Device:
        """The second of a user is the bell's client."""
        device: Device
        is_slow = name.endswith("/1") and random.random() < 0.3
        if self.node_devices is not None and name.endswith("/2"):
            device = self.node_devices.device(name, user, self.ledger)
        else:
            device = PythonDevice(
                name, user, self.engines, self.ledger, token_seconds=self.plan.token_seconds, is_slow=is_slow
            )
        self.devices.append(device)
        self._stack.push_async_callback(device.close)
        return device


def _migrate(environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True, timeout=60
    )
