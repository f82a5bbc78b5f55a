"""The headless client as a device in Node, against a real server."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from threading import Timer

import pytest

from tests.service import ROOT

NODE = shutil.which("node")
SAID = subprocess.run([NODE, "--version"], capture_output=True, text=True).stdout if NODE else "v0"
VERSION = int(re.findall(r"\d+", SAID)[0])
pytestmark = pytest.mark.skipif(VERSION < 20, reason="Node 20 is the first with a WebSocket of its own, behind a flag")


def test_a_device_in_node_hears_writes_and_comes_back(service):
    with service.server("uvicorn") as server, service.outsider() as outsider:
        script = Path(__file__).with_name("device.mjs")
        device = subprocess.Popen(
            [NODE, "--experimental-websocket", script, f"http://{server.address}", "7"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        watchdog = Timer(30, device.kill)
        watchdog.start()

        def hear(kind):
            for line in device.stdout:
                found, *words = json.loads(line)
                if found == kind:
                    return words
            raise AssertionError(f"it ended before it said {kind}")

        def tell(*words):
            device.stdin.write(json.dumps(words) + "\n")

        try:
            assert hear("connection") == ["live"]
            notify = "from notifications import notify; result = notify(7, title=title, identifier='MESSAGE').pk"
            first = outsider.now(notify, title="One")
            assert hear("heard") == ["One"]
            tell("mark", "read", {"ids": [first]})
            assert hear("changed") == [1]
            tell("pause")
            assert hear("connection") == ["offline"]
            outsider.now(notify, title="Two")
            tell("resume")
            assert hear("heard") == ["Two"]
            tell("rows")
            assert hear("rows") == [1, ["Two", "One"]]
        finally:
            watchdog.cancel()
            device.kill()
            device.communicate()
