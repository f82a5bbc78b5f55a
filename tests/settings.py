"""The service's settings for tests: closed, quick, on a database file that other processes can open."""

import os
import tempfile
from pathlib import Path

from notification_engine.settings.base import *
from notification_engine.settings.base import DATABASES, NOTIFICATIONS

DEBUG = False
SECRET_KEY = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]

NOTIFICATIONS |= {"DEV_OPEN": False, "TOKEN_KEYS": {"test": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"}}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # One file per run: two runs at once, in two terminals, do not meet.
    DATABASES["default"]["TEST"] = {
        "NAME": str(Path(tempfile.gettempdir()) / f"notification_engine_{os.getpid()}.sqlite3")
    }
