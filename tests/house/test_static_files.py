"""Static files come out of the packages, without collectstatic, under ASGI and without a warning."""

from pathlib import Path

import pytest

import notification_engine

SCRIPT = Path(notification_engine.__file__).parent / "static" / "notification_engine" / "start.js"
PATH = "/static/notification_engine/start.js"


async def test_a_file_is_served_whole(async_client):
    answer = await async_client.get(PATH)
    assert answer.status_code == 200
    assert answer.content == SCRIPT.read_bytes()
    assert answer["Content-Type"].startswith("text/javascript")


async def test_an_unchanged_file_is_not_sent_again(async_client):
    seen = await async_client.get(PATH)
    answer = await async_client.get(PATH, headers={"If-Modified-Since": seen["Last-Modified"]})
    assert answer.status_code == 304
    assert answer.content == b""


async def test_a_head_request_names_the_length_without_the_body(async_client):
    answer = await async_client.head(PATH)
    assert answer["Content-Length"] == str(SCRIPT.stat().st_size)
    assert answer.content == b""


@pytest.mark.parametrize("path", ["admin/css/base.css", "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css"])
async def test_files_of_other_packages_are_served_too(async_client, path):
    assert (await async_client.get(f"/static/{path}")).status_code == 200
