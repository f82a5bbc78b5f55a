"""What development and production share."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from corsheaders.defaults import default_headers
from environs import validate

from .databases import POOL_MIN, tuned
from .environment import database, env, one_clear_line, origins, redis_url, token_keys, topics
from .logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent.parent

_one_of_forms = validate.OneOf(["line", "json", ""], error="Must be line or json.")

with one_clear_line():
    _database_url = database("DATABASE_URL", "sqlite:///notifications.sqlite3")
    _pool_size = env.int("DATABASE_POOL_SIZE", 20, validate=validate.Range(min=POOL_MIN))
    REDIS_URL = redis_url("REDIS_URL")
    LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
    LOG_FORMAT = env.str("LOG_FORMAT", "", validate=_one_of_forms)
    _allowed_origins = origins("NOTIFICATIONS_ALLOWED_ORIGINS")
    _open_topics = topics("NOTIFICATIONS_OPEN_TOPICS")
    _token_keys = token_keys("NOTIFICATIONS_TOKEN_KEYS")
    _express = env.bool("NOTIFICATIONS_EXPRESS", True)
    _group_commit = env.bool("NOTIFICATIONS_GROUP_COMMIT", True)
    _trusted_proxies = env.int("NOTIFICATIONS_TRUSTED_PROXIES", 0, validate=validate.Range(min=0, max=100))

# --- the app -------------------------------------------------------------------------------------------------------

NOTIFICATIONS: dict[str, Any] = {
    "TOKEN_KEYS": _token_keys,
    "ALLOWED_ORIGINS": _allowed_origins,
    "OPEN_TOPICS": _open_topics,
    "TRUSTED_PROXIES": _trusted_proxies,
    # Django users of the stand-alone service are operators, not the product's users.
    "SESSION_INBOX": None,
    "EXPRESS": _express,
    "GROUP_COMMIT": _group_commit,
}

# --- Django --------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "notifications",  # before daphne, whose runserver says no goodbye, and before the admin, whose page it extends
    "daphne",  # before staticfiles: its runserver speaks ASGI
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "channels",
]

MIDDLEWARE = [
    "notifications.api.middleware.ProblemMiddleware",  # outermost: it also sees the errors of the others
    "django.middleware.security.SecurityMiddleware",
    "notification_engine.static_files.StaticFilesMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "notification_engine.hosts.HostsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "notification_engine.urls"
ASGI_APPLICATION = "notification_engine.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "notification_engine" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- where things are kept -----------------------------------------------------------------------------------------

DATABASES = {"default": tuned(_database_url, base_dir=BASE_DIR, pool_size=_pool_size)}

CHANNEL_LAYERS: dict[str, dict[str, Any]]
CACHES: dict[str, dict[str, Any]]

if REDIS_URL:
    # One second: a Redis that does not answer may cost a hint, never a request.
    _patience: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1, "health_check_interval": 15}
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # Under the newer protocol the client writes out each message for its debug log, logged or not.
            "CONFIG": {"hosts": [{"address": REDIS_URL, "protocol": 2, **_patience}]},
        },
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "notification_engine",
            # It only counts for rate limits, and a request waits for it.
            "OPTIONS": {**_patience, "socket_timeout": 0.3, "socket_connect_timeout": 0.3},
        },
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    # Rate limits count here: with the 300 entries of the default, many callers would push out each other's counters.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
    }

# --- static files: found in the packages, no collectstatic needed --------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "notification_engine" / "static"]
WHITENOISE_USE_FINDERS = True

# --- browsers of other origins -------------------------------------------------------------------------------------

CORS_ALLOWED_ORIGINS = _allowed_origins
CORS_URLS_REGEX = r"^/(notifications|api)(/|$)"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-none-match", "x-request-id"]
CORS_EXPOSE_HEADERS = ["ETag", "Idempotent-Replayed", "Retry-After", "X-Request-ID"]

# --- API documentation ---------------------------------------------------------------------------------------------

# What the document says is the app's: notifications.api.schema. How it is shown here, without the internet, is ours.
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # It would judge a document made with these settings, which nobody serves; tests judge the one that is served.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

# --- logs: to the console, the container or the service manager keeps them -----------------------------------------

LOGGING = logging_settings(form=LOG_FORMAT or "line", level=LOG_LEVEL, access=LOG_LEVEL)
