"""The examples do what they say."""

import asyncio
import sys
from pathlib import Path

from .scripted_server import scene, welcome

EXAMPLES = Path(__file__).parents[2] / "examples"


async def test_the_stand_alone_client_prints_the_unread_ones_and_then_each_new_one(inbox, play, tmp_path):
    for row in inbox.rows.values():
        row |= {"identifier": "MESSAGE", "description": "Hi"}
    snapshot = inbox.snapshot()
    inbox.change(1, title="Edited")
    edited = inbox.changes(2)
    inbox.rows[inbox.create()] |= {"identifier": "MESSAGE", "description": "Hi"}
    server = await play(scene(welcome(inbox), snapshot, edited, inbox.changes(3)))
    script = tmp_path / "client.py"
    script.write_text((EXAMPLES / "websocket_client.py").read_text().replace("ws://localhost:8000", server.url))
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(20):
        lines = [(await process.stdout.readline()).decode().strip() for _ in range(3)]
    process.kill()
    await process.communicate()
    assert lines == [f"MESSAGE: Notification {number} - Hi" for number in (1, 2, 3)]
    assert server.paths == ["/notifications/ws/123"]


def test_the_snippet_for_the_console_is_the_one_that_is_promised():
    code = [line for line in (EXAMPLES / "browser_console.js").read_text().splitlines() if not line.startswith("//")]
    assert code == [
        "const ws = new WebSocket('ws://localhost:8000/notifications/ws/123');",
        "ws.addEventListener('message', e => console.log(JSON.parse(e.data)));",
    ]
