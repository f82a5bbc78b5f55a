"""The client stands alone: no Django, no settings, nothing but websockets."""

import subprocess
import sys
from pathlib import Path

ALONE = """
import sys
sys.modules["django"] = None
from notifications.client import InboxClient
InboxClient("ws://localhost:8000", 123)
ours = {name.split(".")[1] for name in sys.modules if name.startswith("notifications.")}
print(sorted(ours))
"""


def test_the_client_needs_neither_django_nor_the_rest_of_the_app():
    run = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=30
    )
    assert run.stdout == "['client', 'exceptions']\n", run.stderr
