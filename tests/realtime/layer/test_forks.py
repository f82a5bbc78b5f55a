"""A process that is forked from one that has told others already tells them as well."""

from __future__ import annotations

import subprocess
import sys

from tests.servers import clean_environment
from tests.service import ROOT

PROGRAM = """
import os, select, django
django.setup()
from notifications.realtime import publisher

reading, writing = os.pipe()

class Layer:
    async def group_send(self, group, message):
        os.write(writing, b"%d " % os.getpid())

publisher.shared_layer = Layer

def tell():
    publisher.publisher.publish(board=True)
    assert select.select([reading], [], [], 5)[0], "nothing was told"
    assert int(os.read(reading, 100)) == os.getpid()

tell()
child = os.fork()
if not child:
    try:
        tell()
        os._exit(0)
    finally:
        os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "the child told nobody"
tell()
"""


def test_who_is_forked_from_one_that_told_others_tells_them_as_well() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=clean_environment(DJANGO_SETTINGS_MODULE="tests.settings"),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
