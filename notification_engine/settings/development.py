"""For a laptop: no variable needed, open to this machine only."""

from __future__ import annotations

import logging
import os
from hashlib import sha256

from .base import *
from .base import BASE_DIR, LOG_FORMAT, LOG_LEVEL, NOTIFICATIONS
from .development_secret import kept_secret
from .environment import env, hosts, one_clear_line
from .logs import logging_settings

_secret = kept_secret(BASE_DIR / ".dev-secret")

with one_clear_line():
    SECRET_KEY = env.str("SECRET_KEY", _secret)
    ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    NOTIFICATIONS["DEV_OPEN"] = env.bool("NOTIFICATIONS_DEV_OPEN", True)

DEBUG = True

# A line of ours for each request is asked for by naming a level, and stands in the place of those of `runserver`.
_access_level = LOG_LEVEL if "LOG_LEVEL" in os.environ else logging.WARNING
LOGGING = logging_settings(form=LOG_FORMAT or "line", level=LOG_LEVEL, access=_access_level)
if "LOG_LEVEL" in os.environ:
    LOGGING["loggers"]["django.channels.server"] = {"level": "ERROR"}

if not NOTIFICATIONS["TOKEN_KEYS"]:
    NOTIFICATIONS["TOKEN_KEYS"] = {"development": sha256(f"user tokens {_secret}".encode()).hexdigest()}
