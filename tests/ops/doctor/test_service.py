"""What stands around the database, under the doctor's eye: the channel layer, the cache, the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from notifications.ops.doctor import Level, service
from tests.ops.doctor.looking import look, only

pytestmark = pytest.mark.django_db(transaction=True)


class Layer:
    """A channel layer that brings what is sent, something else, nothing, or is away."""

    def __init__(self, brings: str) -> None:
        self.brings = brings
        self.members: dict[str, str] = {}
        self.sent: list[dict[str, Any]] = []

    async def new_channel(self) -> str:
        if self.brings == "away":
            raise ConnectionError("refused")
        return "channel"

    async def group_add(self, group: str, channel: str) -> None:
        self.members[group] = channel

    async def group_discard(self, group: str, channel: str) -> None:
        del self.members[group]

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if group in self.members:
            self.sent.append(message)

    async def receive(self, channel: str) -> dict[str, Any]:
        if self.brings == "nothing":
            await asyncio.Event().wait()
        return self.sent[0] if self.brings == "it" else {"type": "else"}


@pytest.mark.parametrize(
    ("brings", "level", "detail"),
    [
        ("it", Level.OK, "brought a message"),
        ("something else", Level.PROBLEM, "another message"),
        ("nothing", Level.PROBLEM, "TimeoutError"),
        ("away", Level.PROBLEM, "ConnectionError refused"),
    ],
)
def test_the_channel_layer_is_tried_out(
    monkeypatch: pytest.MonkeyPatch, brings: str, level: Level, detail: str
) -> None:
    monkeypatch.setattr(service, "LAYER_SECONDS", 0.1)
    layer = Layer(brings)
    monkeypatch.setattr(service, "shared_layer", lambda: layer)
    finding = only(service.channel_layer())
    assert (finding.level, detail in finding.detail) == (level, True)
    assert layer.members == {} or level is not Level.OK


def test_nothing_of_the_doctor_stays_in_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.secrets, "token_hex", lambda size: "probe")
    assert only(service.the_cache()).level is Level.OK
    assert cache.get("notifications:doctor:probe") is None


def test_a_cache_that_forgets_is_warned_of(settings: Any) -> None:
    assert only(service.the_cache()).level is Level.OK
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert only(service.the_cache()).level is Level.WARNING


def test_a_cache_that_is_away_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(type(cache._connections["default"]), "set", away)  # type: ignore[attr-defined]
    finding = only(look()["cache"])
    assert (finding.level, "REDIS_URL" in finding.fix) == (Level.PROBLEM, True)


Give = Callable[..., None]


@pytest.fixture
def give(settings: Any) -> Give:
    """Sets keys of ``settings.NOTIFICATIONS``."""

    def give(**values: object) -> None:
        settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, **values}

    return give


@pytest.mark.parametrize(
    ("origin", "levels"),
    [
        ("https://app.example.com", [Level.OK]),
        ("https://app.example.com:8443", [Level.OK]),
        ("http://app.example.com", [Level.WARNING]),
        ("https://app.example.com/", [Level.PROBLEM]),
        ("app.example.com", [Level.PROBLEM]),
        ("https://App.example.com", [Level.PROBLEM]),
        ("https://app.example.com:port", [Level.PROBLEM]),
        ("https://*.example.com", [Level.PROBLEM]),
        ("https://user@app.example.com", [Level.PROBLEM]),
        ("https://app.example.com:443", [Level.PROBLEM]),
        ("*", [Level.PROBLEM]),
    ],
)
def test_origins_that_no_browser_sends_are_seen(give: Give, origin: str, levels: list[Level]) -> None:
    give(ALLOWED_ORIGINS=[origin])
    assert [finding.level for finding in service.origins()] == levels


def test_a_host_of_any_name_is_a_problem(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert only(service.origins()).level is Level.PROBLEM


def test_development_mode_is_warned_of(settings: Any, give: Give) -> None:
    settings.DEBUG = True
    give(DEV_OPEN=True)
    assert [finding.check for finding in service.origins() if finding.level is Level.WARNING] == ["development"]


@pytest.mark.parametrize(
    ("proxies", "header", "level"),
    [(0, None, Level.OK), (1, ("X", "https"), Level.OK), (1, None, Level.WARNING), (0, ("X", "https"), Level.WARNING)],
)
def test_proxies_that_are_half_set_up_are_warned_of(
    settings: Any, give: Give, proxies: int, header: Any, level: Level
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = header
    give(TRUSTED_PROXIES=proxies)
    assert only(service.proxies()).level is level


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ({}, Level.OK),
        ({"TOKEN_KEYS": {}, "SESSION_INBOX": None}, Level.WARNING),
        ({"TOKEN_KEYS": {}, "SESSION_INBOX": "pk"}, Level.OK),
    ],
)
def test_token_keys_are_tried_out(give: Give, options: Any, level: Level) -> None:
    give(**options)
    assert only(service.token_keys()).level is level


def test_what_the_system_checks_say_is_passed_on(give: Give) -> None:
    give(TOKEN_KEYS={"short": "x"})
    found = {finding.detail.rpartition(" ")[2]: finding for finding in service.system_checks()}
    assert found["(notifications.E004)"].level is Level.PROBLEM
    assert "secrets" in found["(notifications.E004)"].fix
