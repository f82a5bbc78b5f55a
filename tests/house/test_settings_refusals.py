"""A service that is configured dangerously refuses to start, and says why in one line."""

import pytest

from tests.house.commands import PRODUCTION, python

REFUSED = {
    "no SECRET_KEY": ({"SECRET_KEY": None}, "SECRET_KEY"),
    "an empty SECRET_KEY": ({"SECRET_KEY": ""}, "SECRET_KEY"),
    "a short SECRET_KEY": ({"SECRET_KEY": "8sd7f6g5h4j3k2l1"}, "SECRET_KEY"),
    "a repetitive SECRET_KEY": ({"SECRET_KEY": "abc" * 30}, "SECRET_KEY"),
    "the SECRET_KEY of startproject": (
        {"SECRET_KEY": "django-insecure-0123456789-abcdefghijklmnopqrstuvw"},
        "SECRET_KEY",
    ),
    "no ALLOWED_HOSTS": ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
    "an empty ALLOWED_HOSTS": ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS"),
    "every host": ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
    "every host among others": ({"ALLOWED_HOSTS": "api.example.com,*"}, "ALLOWED_HOSTS"),
    "an address as a host": ({"ALLOWED_HOSTS": "https://api.example.com"}, "ALLOWED_HOSTS"),
    "development mode": ({"NOTIFICATIONS_DEV_OPEN": "true"}, "NOTIFICATIONS_DEV_OPEN"),
    "a boolean that is none": ({"NOTIFICATIONS_DEV_OPEN": "maybe"}, "NOTIFICATIONS_DEV_OPEN"),
    "a topic that is none": ({"NOTIFICATIONS_OPEN_TOPICS": "news,a/b"}, "NOTIFICATIONS_OPEN_TOPICS"),
    "a short token key": ({"NOTIFICATIONS_TOKEN_KEYS": "k1:short"}, "NOTIFICATIONS_TOKEN_KEYS"),
    "a short second token key": (
        {"NOTIFICATIONS_TOKEN_KEYS": f"k1:{'s' * 32},k2:{'s' * 31}"},
        "NOTIFICATIONS_TOKEN_KEYS",
    ),
    "a token key without a kid": ({"NOTIFICATIONS_TOKEN_KEYS": "s" * 40}, "NOTIFICATIONS_TOKEN_KEYS"),
    "two token keys of one kid": (
        {"NOTIFICATIONS_TOKEN_KEYS": f"k:{'s' * 32},k:{'t' * 32}"},
        "NOTIFICATIONS_TOKEN_KEYS",
    ),
    "an origin with a path": (
        {"NOTIFICATIONS_ALLOWED_ORIGINS": "https://app.example.com/"},
        "NOTIFICATIONS_ALLOWED_ORIGINS",
    ),
    "every origin": ({"NOTIFICATIONS_ALLOWED_ORIGINS": "*"}, "NOTIFICATIONS_ALLOWED_ORIGINS"),
    "a negative number of proxies": ({"NOTIFICATIONS_TRUSTED_PROXIES": "-1"}, "NOTIFICATIONS_TRUSTED_PROXIES"),
    "a hundred and one proxies": ({"NOTIFICATIONS_TRUSTED_PROXIES": "101"}, "NOTIFICATIONS_TRUSTED_PROXIES"),
    "HTTPS for less than no time": ({"SECURE_HSTS_SECONDS": "-5"}, "SECURE_HSTS_SECONDS"),
    "a database without our locks": ({"DATABASE_URL": "mysql://user@host/name"}, "DATABASE_URL"),
    "a database nobody knows": ({"DATABASE_URL": "foo://bar"}, "DATABASE_URL"),
    "a Redis address that is none": ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
}


@pytest.mark.parametrize(("changed", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_production_refuses(changed, named):
    ended = python("-c", "import notification_engine.settings.production", **(PRODUCTION | changed))
    assert ended.returncode != 0
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    assert line.startswith("Refusing to start: ")
    assert named in line


def test_a_refused_secret_stays_out_of_the_line():
    secret = "Zq7-lonely-secret-without-a-name-0123456789"
    ended = python("manage.py", "check", **(PRODUCTION | {"NOTIFICATIONS_TOKEN_KEYS": secret}))
    assert ended.returncode != 0
    assert secret not in ended.stderr


@pytest.mark.parametrize("start", [("manage.py", "check"), ("-c", "import notification_engine.asgi")])
def test_a_refusal_reaches_commands_and_servers_alike(start):
    ended = python(*start, **(PRODUCTION | {"ALLOWED_HOSTS": "*"}))
    assert ended.returncode != 0
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("start", [("manage.py", "check"), ("-c", "import notification_engine.asgi")])
def test_an_open_server_without_debug_refuses_to_start(start):
    ended = python(*start, DJANGO_SETTINGS_MODULE="tests.house.open_without_debug")
    assert ended.returncode != 0
    assert "DEV_OPEN" in ended.stderr


def test_production_without_redis_warns_and_starts():
    ended = python("manage.py", "check", **(PRODUCTION | {"REDIS_URL": None}))
    assert ended.returncode == 0, ended.stderr
    assert "Warning: REDIS_URL is not set" in ended.stderr


def test_the_deployment_check_has_nothing_to_say_about_production():
    ended = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert ended.returncode == 0, ended.stderr
    assert "WARNINGS" not in ended.stderr
