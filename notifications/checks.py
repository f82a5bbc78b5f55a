"""System checks: settings and database that would break the promise, each with a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connections, router

from notifications.conf import DAYS_MAX, RATES, Options, get_options, parse_days, parse_rate
from notifications.limits import clean_identifier, clean_topic, is_origin

VENDORS = ("sqlite", "postgresql")


@register(Tags.security)
def check_options(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """``settings.NOTIFICATIONS`` has known keys, right types and sane values."""
    try:
        options = get_options()
    except ImproperlyConfigured as problem:
        return [Error(str(problem), hint="docs/settings.md lists every key.", id="notifications.E001")]
    return [*_check_types(options), *_check_values(options)]


@register(Tags.database)
def check_database(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The database is one whose locking and triggers the numbering knows."""
    connection = connections[router.db_for_write(_model())]
    if connection.vendor not in VENDORS:
        return [
            Error(
                f"The database {connection.vendor} is not supported.",
                hint="Use SQLite or PostgreSQL for the alias that holds the notifications.",
                id="notifications.E005",
            )
        ]
    aliases = {router.db_for_write(_model()), router.db_for_read(_model())}
    if aliases != {"default"}:
        return [
            Error(
                f"The notifications would live in {', '.join(sorted(aliases))}.",
                hint="Route them to the alias default, for reading too: a replica lags behind what was told.",
                id="notifications.E006",
            )
        ]
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor == "sqlite" and str(options.get("transaction_mode")).upper() != "IMMEDIATE":
        return [
            Warning(
                "SQLite transactions begin DEFERRED: two writers at once can fail with 'database is locked'.",
                hint='Set DATABASES[…]["OPTIONS"]["transaction_mode"] = "IMMEDIATE".',
                id="notifications.W001",
            )
        ]
    return []


def _check_types(options: Options) -> list[CheckMessage]:
    wrong = {
        "TOKEN_KEYS": not _are_texts(options.TOKEN_KEYS),
        "ALLOWED_ORIGINS": not _are_origins(options.ALLOWED_ORIGINS),
        "DEV_OPEN": not isinstance(options.DEV_OPEN, bool),
        "EXPRESS": not isinstance(options.EXPRESS, bool),
        "GROUP_COMMIT": not isinstance(options.GROUP_COMMIT, bool),
        "SESSION_INBOX": not _is_of_users(options.SESSION_INBOX),
        "RATE_LIMITS": not _are_rates(options.RATE_LIMITS),
        "TRUSTED_PROXIES": not _is_integer(options.TRUSTED_PROXIES, 0, 100),
        "MAX_SOCKETS_PER_USER": not _is_integer(options.MAX_SOCKETS_PER_USER, 1, 10_000),
        "MAX_SOCKETS": not _is_integer(options.MAX_SOCKETS, 1, 10_000_000),
        "HEARTBEAT_SECONDS": not _is_number(options.HEARTBEAT_SECONDS, 0.1, 300),
        "SWEEP_SECONDS": not _is_number(options.SWEEP_SECONDS, 0.01, 60),
        "SEND_TIMEOUT_SECONDS": not _is_number(options.SEND_TIMEOUT_SECONDS, 0.1, 600),
        "REVALIDATE_SECONDS": not _is_number(options.REVALIDATE_SECONDS, 0.1, 60),
        "ADMIN_BELL": not isinstance(options.ADMIN_BELL, bool),
        "EXPIRY_SECONDS": not _is_number(options.EXPIRY_SECONDS, 0.1, 5),
        "OPEN_TOPICS": not _are_topics(options.OPEN_TOPICS),
        "RETENTION": not _are_retentions(options.RETENTION),
        "TOMBSTONE_DAYS": not _is_integer(options.TOMBSTONE_DAYS, 1, DAYS_MAX),
    }
    return [
        Error(
            f"NOTIFICATIONS[{name!r}] has a wrong type or is out of range.",
            hint=f"docs/settings.md says what {name} may be.",
            id="notifications.E002",
        )
        for name, is_wrong in wrong.items()
        if is_wrong
    ]


def _check_values(options: Options) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    if options.DEV_OPEN and not settings.DEBUG:
        problems.append(
            Error(
                "DEV_OPEN gives every local request full rights and is refused without DEBUG.",
                hint="Remove DEV_OPEN from NOTIFICATIONS; use API keys, user tokens or sessions.",
                id="notifications.E003",
            )
        )
    if options.ADMIN_BELL and not _comes_before_the_admin():
        problems.append(
            Warning(
                "ADMIN_BELL shows nothing: the admin's own template is found first.",
                hint='Put "notifications" before "django.contrib.admin" in INSTALLED_APPS.',
                id="notifications.W002",
            )
        )
    if isinstance(options.TOKEN_KEYS, dict):
        short = [kid for kid, secret in options.TOKEN_KEYS.items() if len(str(secret).encode()) < 32]
        if short:
            problems.append(
                Error(
                    f"Token keys shorter than 32 bytes: {', '.join(map(str, short))}.",
                    hint='Make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"',
                    id="notifications.E004",
                )
            )
    return problems


def _are_origins(value: object) -> bool:
    return isinstance(value, list | tuple) and all(is_origin(origin) for origin in value)


def _are_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _is_of_users(value: object) -> bool:
    """Asked of the model: a property may want a user that is stored."""
    return value is None or (isinstance(value, str) and hasattr(get_user_model(), value))


def _are_rates(value: object) -> bool:
    if not isinstance(value, dict) or set(value) - set(RATES):
        return False
    try:
        return all(rate is None or parse_rate(rate) for rate in value.values())
    except (ImproperlyConfigured, TypeError):
        return False


def _are_topics(value: object) -> bool:
    try:
        return isinstance(value, list | tuple) and all(clean_topic(topic) for topic in value)
    except ValidationError:
        return False


def _are_retentions(value: object) -> bool:
    if not isinstance(value, dict) or not all(isinstance(pattern, str) for pattern in value):
        return False
    try:
        for pattern, days in value.items():
            if pattern != "*":
                clean_identifier(pattern.removesuffix("*"))
            if days is not None:
                parse_days(days)
    except (ValidationError, ImproperlyConfigured):
        return False
    return True


def _is_integer(value: object, minimum: int, maximum: int) -> bool:
    return isinstance(value, int) and _is_number(value, minimum, maximum)


def _is_number(value: object, minimum: float, maximum: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and minimum <= value <= maximum


def _comes_before_the_admin() -> bool:
    labels = [config.label for config in apps.get_app_configs()]
    return "admin" not in labels or labels.index("notifications") < labels.index("admin")


def _model() -> Any:
    from notifications.models import Notification

    return Notification
