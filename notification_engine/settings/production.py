"""For everything but a laptop: closed by default, and refusing to start half configured."""

from __future__ import annotations

import sys

from environs import EnvError, validate

from .base import *
from .base import LOG_FORMAT, LOG_LEVEL, NOTIFICATIONS, REDIS_URL
from .environment import env, hosts, one_clear_line, strong_secret
from .logs import logging_settings

DEBUG = False
NOTIFICATIONS["DEV_OPEN"] = False

with one_clear_line():
    SECRET_KEY = strong_secret("SECRET_KEY")
    ALLOWED_HOSTS = hosts("ALLOWED_HOSTS")
    if env.bool("NOTIFICATIONS_DEV_OPEN", False):
        raise EnvError("NOTIFICATIONS_DEV_OPEN gives full rights without a credential; it is for development only.")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 365 * 24 * 3600, validate=validate.Range(min=0))
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", False)
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", False)

# Probes come to the process itself, past the proxy, and by its address.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/?$"]

LOGGING = logging_settings(form=LOG_FORMAT or "json", level=LOG_LEVEL, access=LOG_LEVEL)

if not REDIS_URL:
    print(
        "Warning: REDIS_URL is not set, so the channel layer and the cache are those of one process. "
        "Other processes hear of changes through the database, up to a second later.",
        file=sys.stderr,
    )

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
if NOTIFICATIONS["TRUSTED_PROXIES"]:
    # TLS ends at the proxy, which must set (not pass on) X-Forwarded-Proto.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy that ends TLS redirects; an API that redirects has already received the credential
    "security.W005",  # whether the other subdomains of a domain speak TLS is not this service's to promise
    "security.W021",  # nor is the browsers' preload list
]
