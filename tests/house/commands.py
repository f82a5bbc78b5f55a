"""Run a Python program of this repository in a process and an environment of its own."""

import subprocess
import sys
from pathlib import Path

from tests.servers import clean_environment

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "notification_engine.settings.production",
    "SECRET_KEY": "q8Zr-0wY3nVtK5xLb2MfJ7dHs9GcPaEu1TiRo6Wq4SyN-h2Dk7",
    "ALLOWED_HOSTS": "api.example.com",
    "REDIS_URL": "redis://localhost:6379/0",
}


def python(*arguments: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python with only the given variables besides PATH and HOME; None leaves one out."""
    environment = clean_environment(**{name: value for name, value in variables.items() if value is not None})
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
