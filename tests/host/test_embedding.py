"""The app inside a project with UUID users: Python, REST and sockets."""

import json
import time

from websockets.exceptions import ConnectionClosed

PATIENCE_SECONDS = 10

NOTIFY = """
from django.contrib.auth import get_user_model
from notifications import notify
made = notify(get_user_model().objects.get(username={name!r}), title={title!r}, identifier="MESSAGE")
print(made.user_id)
"""


def test_the_service_is_out_of_reach(shop):
    assert shop.python("try:\n import notification_engine\nexcept ImportError: print('gone')") == "gone"


def test_the_checks_of_the_host_find_nothing(shop):
    assert "no issues" in shop.command("check")


def test_the_host_has_nothing_to_migrate(shop):
    # Its DEFAULT_AUTO_FIELD is not the service's.
    assert "No changes detected" in shop.command("makemigrations", "--check", "--dry-run")


def test_the_key_of_a_user_object_is_its_inbox(shop, people):
    assert shop.python(NOTIFY.format(name="alice", title="Hello")) == people["alice"]


def test_a_session_reads_its_own_inbox(shop, alice, people):
    shop.python(NOTIFY.format(name="alice", title="For alice"))
    status, body = alice.request("GET", f"/inbox/notifications/{people['alice']}")
    assert status == 200
    inbox = json.loads(body)
    assert inbox["user_id"] == people["alice"]
    assert inbox["results"][0]["title"] == "For alice"


def test_me_is_the_user_of_the_session(alice, people):
    status, body = alice.request("GET", "/inbox/notifications/me")
    assert status == 200
    assert json.loads(body)["user_id"] == people["alice"]


def test_links_lead_back_to_the_mount_path(shop, alice):
    for title in ("One", "Two"):
        shop.python(NOTIFY.format(name="alice", title=title))
    _, body = alice.request("GET", "/inbox/notifications/me?limit=1")
    following = json.loads(body)["next"]
    assert "/inbox/notifications/" in following
    status, _ = alice.request("GET", following[following.index("/inbox/") :])
    assert status == 200


def test_the_inbox_of_somebody_else_is_forbidden(alice, people):
    status, body = alice.request("GET", f"/inbox/notifications/{people['bob']}")
    assert status == 403
    assert json.loads(body)["status"] == 403


def test_a_stranger_is_asked_who_he_is(charlie, people):
    status, _ = charlie.request("GET", f"/inbox/notifications/{people['alice']}")
    assert status == 401


def test_a_session_cannot_create(alice, people):
    body = json.dumps({"title": "Hi", "identifier": "MESSAGE", "user_id": people["bob"]}).encode()
    status, _ = alice.request(
        "POST", "/inbox/notifications/", data=body, Content_Type="application/json", X_CSRFToken=alice.csrf_token
    )
    assert status == 403


def test_marking_read_by_session_needs_the_csrf_token(shop, bob):
    shop.python(NOTIFY.format(name="bob", title="Read me"))
    _, body = bob.request("GET", "/inbox/notifications/me")
    path = f"/inbox/notifications/{json.loads(body)['results'][0]['id']}"
    assert bob.request("PUT", path)[0] == 403
    status, body = bob.request("PUT", path, X_CSRFToken=bob.csrf_token)
    assert status == 200
    assert json.loads(body)["is_read"] is True


def test_an_unknown_path_of_the_app_is_a_problem_document(alice):
    status, body = alice.request("GET", "/inbox/notifications/me/nowhere")
    assert status == 404
    assert json.loads(body)["status"] == 404


def test_a_notification_of_the_same_process_arrives_live(alice, people):
    with alice.socket(f"/notifications/ws/{people['alice']}") as socket:
        _frame(socket, "snapshot")
        assert alice.request("POST", "/order")[0] == 200
        assert [item["title"] for item in _frame(socket, "changes")["items"]] == ["Order shipped"]


def test_a_notification_of_another_process_arrives_live(shop, bob, people):
    with bob.socket(f"/notifications/ws/{people['bob']}") as socket:
        _frame(socket, "snapshot")
        shop.python(NOTIFY.format(name="bob", title="From afar"))
        assert [item["title"] for item in _frame(socket, "changes")["items"]] == ["From afar"]


def test_the_socket_of_somebody_else_is_closed(alice, people):
    with alice.socket(f"/notifications/ws/{people['bob']}") as socket:
        assert _close_code(socket) == 4403


def test_a_stranger_gets_no_socket(charlie, people):
    with charlie.socket(f"/notifications/ws/{people['alice']}") as socket:
        assert _close_code(socket) == 4401


def test_logging_out_closes_the_socket(bob, people):
    with bob.socket(f"/notifications/ws/{people['bob']}") as socket:
        _frame(socket, "snapshot")
        assert bob.request("POST", "/logout")[0] == 200
        assert _close_code(socket) == 4401


def _frame(socket, wanted: str) -> dict:
    """The next frame of this type; others are passed over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        frame = json.loads(socket.recv(timeout=deadline - time.monotonic()))
        if frame["type"] == wanted:
            return frame


def _close_code(socket) -> int:
    """The code the server closes with; frames on the way are passed over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while True:
            socket.recv(timeout=deadline - time.monotonic())
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
