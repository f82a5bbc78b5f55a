"""For a laptop: no variable needed, open to this machine only."""

from __future__ import annotations

from hashlib import sha256

from .base import *
from .base import BASE_DIR, NOTIFICATIONS
from .development_secret import kept_secret
from .environment import env, hosts, one_clear_line

_secret = kept_secret(BASE_DIR / ".dev-secret")

with one_clear_line():
    SECRET_KEY = env.str("SECRET_KEY", _secret)
    ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    NOTIFICATIONS["DEV_OPEN"] = env.bool("NOTIFICATIONS_DEV_OPEN", True)

DEBUG = True

if not NOTIFICATIONS["TOKEN_KEYS"]:
    NOTIFICATIONS["TOKEN_KEYS"] = {"development": sha256(f"user tokens {_secret}".encode()).hexdigest()}
