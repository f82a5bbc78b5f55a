"""Typed reading of environment variables: a bad value stops the start with one clear line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from environs import Env, EnvError

from notifications.limits import clean_topic, is_origin

SECRET_MIN_BYTES = 32

env = Env()


@contextmanager
def one_clear_line() -> Iterator[None]:
    """Turn every EnvError raised inside into an exit with status 1 and one line on stderr.

    SystemExit and not ImproperlyConfigured: an operator who mistyped a variable needs the line, not sixty
    lines of traceback from whatever imported the settings.
    """
    try:
        yield
    except EnvError as error:
        raise SystemExit(f"Refusing to start: {error}") from None


def strong_secret(name: str) -> str:
    """The required variable ``name``, refused when it is short, repetitive or made by startproject."""
    secret = _long_secret(env.str(name), name=name)
    if len(set(secret)) < 5 or secret.startswith("django-insecure-"):  # Django's own measure of weak
        raise EnvError(f"{name} is too weak: take it from a random generator.")
    return secret


def database(name: str, default: str) -> dict[str, Any]:
    """The settings of the database at a URL; only the kinds the engine knows."""
    parsed: dict[str, Any] = dict(env.dj_db_url(name, default))
    if not parsed["ENGINE"].endswith((".sqlite3", ".postgresql")):
        raise EnvError(f"{name} is not postgres://… or sqlite:///….")
    return parsed


def hosts(name: str, *, default: list[str] | None = None) -> list[str]:
    """A comma-separated list of host names; required without a default, ``*`` is refused."""
    names = _items(env.str(name) if default is None else env.str(name, ",".join(default)))
    if not names:
        raise EnvError(f"{name} is empty: name the hosts this service answers for, for example api.example.com.")
    for host in names:
        if "*" in host:
            raise EnvError(f"{name} may not contain {host!r}: name each host, or .example.com for its subdomains.")
        if "/" in host:
            raise EnvError(f"{name} may not contain {host!r}: host names only, without a scheme or a path.")
    return names


def origins(name: str) -> list[str]:
    """A comma-separated list of exact origins, ``scheme://host[:port]``; empty when the variable is not set."""
    found = _items(env.str(name, ""))
    for origin in found:
        if not is_origin(origin):
            raise EnvError(
                f"{name} may not contain {origin!r}: write origins as browsers send them, https://app.example.com."
            )
    return found


def topics(name: str) -> list[str]:
    """A comma-separated list of topics; empty when the variable is not set."""
    found = _items(env.str(name, ""))
    for topic in found:
        try:
            clean_topic(topic)
        except ValidationError as problem:
            raise EnvError(f"{name} may not contain {topic!r}: {problem.message}") from None
    return found


def token_keys(name: str) -> dict[str, str]:
    """``kid:secret[,kid2:secret2]`` as a dict in the order given; empty when the variable is not set."""
    keys: dict[str, str] = {}
    for position, item in enumerate(_items(env.str(name, "")), start=1):
        kid, colon, secret = item.partition(":")
        # Neither message repeats the item: it may be a secret that lacks its name, and lines end up in logs.
        if not colon or not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", kid):
            raise EnvError(f"{name}: key {position} is not of the form kid:secret.")
        if kid in keys:
            raise EnvError(f"{name}: two keys are named {kid!r}.")
        keys[kid] = _long_secret(secret, name=f"{name}: the secret of {kid!r}")
    return keys


def redis_url(name: str) -> str | None:
    """A Redis address, or None when the variable is not set."""
    url = env.str(name, "")
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise EnvError(f"{name} must start with redis://, rediss:// or unix://.")
    return url or None


def _long_secret(secret: str, *, name: str) -> str:
    if len(secret.encode()) < SECRET_MIN_BYTES:
        raise EnvError(f"{name} is too short: {SECRET_MIN_BYTES} bytes or more, from a random generator.")
    return secret


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
