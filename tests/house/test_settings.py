"""How environment variables become settings."""

import json
import stat

import dj_database_url
import pytest
from environs import EnvError

from notification_engine.settings import environment
from notification_engine.settings.databases import POOL_MIN, tuned
from notification_engine.settings.development_secret import kept_secret
from notifications.checks import check_options
from notifications.realtime import threads
from tests.house.commands import PRODUCTION, python

SHOW = """
import json
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in %r}, default=str))
"""


def _settings(*names, **variables):
    ended = python("-c", SHOW % (names,), **(PRODUCTION | variables))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _tuned(url, base_dir):
    return tuned(dj_database_url.parse(url), base_dir=base_dir, pool_size=7)


def test_sqlite_writers_begin_as_writers_and_survive_a_power_cut(tmp_path):
    options = _tuned("sqlite:///here.sqlite3", tmp_path)["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]


def test_a_relative_sqlite_file_lies_beside_manage_py(tmp_path):
    assert _tuned("sqlite:///here.sqlite3", tmp_path)["NAME"] == tmp_path / "here.sqlite3"


def test_an_absolute_sqlite_file_stays_where_it_is(tmp_path):
    assert _tuned(f"sqlite:///{tmp_path}/there.sqlite3", tmp_path / "other")["NAME"] == tmp_path / "there.sqlite3"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_has_a_bounded_pool_and_a_bounded_wait(scheme, tmp_path):
    database = _tuned(f"{scheme}://user:password@db.example.com/engine?sslmode=require", tmp_path)
    assert database["OPTIONS"]["pool"]["max_size"] == 7
    assert "lock_timeout" in database["OPTIONS"]["options"]
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["CONN_MAX_AGE"] == 0


def test_the_smallest_pool_has_a_connection_for_each_of_our_threads_and_for_a_request():
    ours = threads.READERS + threads.WRITERS + threads.CHANGERS + 1  # and the sweeper
    assert ours + len(["clock", "fan-out", "request"]) <= POOL_MIN


def test_a_pooler_in_transaction_mode_is_spared_prepared_statements(tmp_path):
    assert _tuned("postgres://user@db.example.com/engine", tmp_path)["OPTIONS"]["prepare_threshold"] == 5
    url = "postgres://user@pooler.example.com/engine?prepare_threshold=false&pool=false"
    options = _tuned(url, tmp_path)["OPTIONS"]
    assert options["prepare_threshold"] is None
    assert not options["pool"]


def test_redis_serves_the_layer_and_the_cache():
    found = _settings("CHANNEL_LAYERS", "CACHES", REDIS_URL="redis://cache.example.com:6379/1")
    assert found["CHANNEL_LAYERS"]["default"]["BACKEND"] == "channels_redis.pubsub.RedisPubSubChannelLayer"
    [host] = found["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"]
    assert host["address"] == "redis://cache.example.com:6379/1"
    assert host["protocol"] == 2
    assert host["socket_timeout"] == host["socket_connect_timeout"] == 1
    assert found["CACHES"]["default"]["LOCATION"] == "redis://cache.example.com:6379/1"


def test_token_keys_keep_their_order_because_the_first_signs():
    found = _settings("NOTIFICATIONS", NOTIFICATIONS_TOKEN_KEYS=f"new:{'n' * 32},old:{'o' * 20}:{'o' * 20}")
    assert list(found["NOTIFICATIONS"]["TOKEN_KEYS"].items()) == [("new", "n" * 32), ("old", f"{'o' * 20}:{'o' * 20}")]


def test_open_topics_are_named_one_by_one():
    found = _settings("NOTIFICATIONS", NOTIFICATIONS_OPEN_TOPICS="news, order shipped")
    assert found["NOTIFICATIONS"]["OPEN_TOPICS"] == ["news", "order shipped"]
    assert _settings("NOTIFICATIONS")["NOTIFICATIONS"]["OPEN_TOPICS"] == []


def test_allowed_origins_serve_sockets_and_cors():
    origins = "https://app.example.com,http://localhost:5173"
    found = _settings("NOTIFICATIONS", "CORS_ALLOWED_ORIGINS", NOTIFICATIONS_ALLOWED_ORIGINS=origins)
    assert found["NOTIFICATIONS"]["ALLOWED_ORIGINS"] == found["CORS_ALLOWED_ORIGINS"] == origins.split(",")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "app.example.com",
        "ftp://app.example.com",
        "https://app.example.com/",
        "https://user@app.example.com",
        "https://*.example.com",
        "https://App.example.com",
        "https://app.example.com:443",
        "https://",
        "https://app.example.com:port",
        "https://app.example.com?x",
    ],
)
def test_what_is_no_origin_is_refused(origin, monkeypatch):
    monkeypatch.setenv("ORIGINS", origin)
    with pytest.raises(EnvError, match="ORIGINS"):
        environment.origins("ORIGINS")


@pytest.mark.parametrize("origins", [["https://App.example.com"], ["*"], [None], "https://app.example.com"])
def test_what_is_no_origin_is_refused_where_the_app_is_embedded(origins, settings):
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "ALLOWED_ORIGINS": origins}
    [problem] = check_options(None)
    assert problem.id == "notifications.E002"
    assert "ALLOWED_ORIGINS" in problem.msg


def test_origins_are_accepted_where_the_app_is_embedded(settings):
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "ALLOWED_ORIGINS": ("https://app.example.com",)}
    assert check_options(None) == []


def test_the_proto_header_is_believed_only_behind_a_trusted_proxy():
    assert _settings("SECURE_PROXY_SSL_HEADER") == {"SECURE_PROXY_SSL_HEADER": None}
    found = _settings("SECURE_PROXY_SSL_HEADER", NOTIFICATIONS_TRUSTED_PROXIES="1")
    assert found == {"SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"]}


def test_the_secret_of_a_checkout_is_made_once_and_is_private(tmp_path):
    path = tmp_path / ".dev-secret"
    secret = kept_secret(path)
    assert len(secret) >= 50
    assert kept_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_probes_are_not_redirected_to_https():
    code = """
import django; django.setup()
from django.test import Client
print(*[Client().get(path, headers={"host": host}).status_code
        for path, host in [("/healthz", "10.0.0.7"), ("/", "api.example.com")]])
"""
    ended = python("-c", code, **(PRODUCTION | {"SECURE_SSL_REDIRECT": "true"}))
    assert ended.stdout.split() == ["200", "301"], ended.stderr
