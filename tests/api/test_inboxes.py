"""One user's inbox: its page, its ETag, its counts, its changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from notifications import notify
from notifications.models import Inbox, Notification
from tests.api.visitor import Visitor, errors, problem, statements


def fire(user: str = "alice", **fields: Any) -> int:
    return notify(user, **{"title": "Hi", "identifier": "MESSAGE", **fields}).pk


def test_the_page_comes_with_the_head(alice: Visitor) -> None:
    fired = [fire() for _ in range(3)]
    Notification.objects.filter(pk=fired[0]).mark_seen()
    body = alice.get("/notifications/alice").json()
    assert list(body) == ["user_id", "epoch", "seq", "unread", "unseen", "next", "previous", "results"]
    assert body["user_id"] == "alice"
    assert body["epoch"] == Inbox.objects.get().epoch
    assert (body["seq"], body["unread"], body["unseen"]) == (4, 3, 2)
    assert [row["id"] for row in body["results"]] == fired[::-1]


def test_somebody_nobody_has_heard_of_has_an_empty_inbox(shop: Visitor) -> None:
    body = shop.get("/notifications/newcomer").json()
    assert (body["seq"], body["unread"], body["unseen"], body["results"]) == (0, 0, 0, [])
    assert shop.get("/notifications/newcomer").json()["epoch"] == body["epoch"]
    assert shop.get("/notifications/another/counts").json()["by_identifier"] == {}
    assert shop.get("/notifications/third/changes").json()["items"] == []


def test_the_filters_are_those_of_the_list(alice: Visitor) -> None:
    mine = fire(priority="high", title="Find me")
    fire()
    fire("bob", priority="high")
    for query in ("priority=high", "search=find", "limit=1&priority=high", "user_id=alice&priority=high"):
        assert [row["id"] for row in alice.get(f"/notifications/me?{query}").json()["results"]] == [mine], query
    assert errors(alice.get("/notifications/me?user_id=bob")) == [("user_id", "invalid")]
    assert errors(alice.get("/notifications/me?cursor=x&limit=0")) == [
        ("cursor", "invalid_cursor"),
        ("limit", "invalid"),
    ]


def test_links_lead_through_the_inbox(alice: Visitor) -> None:
    fired = [fire() for _ in range(3)]
    body = alice.get("/notifications/me?limit=2").json()
    assert body["next"].startswith("http://testserver/notifications/me?limit=2&cursor=")
    following = alice.get(body["next"].removeprefix("http://testserver")).json()
    assert [row["id"] for row in following["results"]] == fired[:1]


def test_while_nothing_changes_the_answer_is_304(alice: Visitor) -> None:
    fire()
    answer = alice.get("/notifications/alice")
    etag = answer["ETag"]
    for held in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = alice.get("/notifications/alice", If_None_Match=held)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag), held
        assert again["Cache-Control"] == "private, no-cache"
    for held in ('"other"', "nonsense", "", etag[:-1]):
        assert alice.get("/notifications/alice", If_None_Match=held).status_code == 200, held


@pytest.mark.parametrize("verb", ["read", "seen", "archive", "delete"])
def test_every_change_changes_the_etag(alice: Visitor, verb: str) -> None:
    fire()
    etag = alice.get("/notifications/alice")["ETag"]
    Notification.objects.all().apply(verb)
    assert alice.get("/notifications/alice", If_None_Match=etag).status_code == 200


def test_a_new_numbering_changes_the_etag(alice: Visitor) -> None:
    fire()
    etag = alice.get("/notifications/alice")["ETag"]
    Inbox.objects.update(epoch="restored")
    assert alice.get("/notifications/alice", If_None_Match=etag).status_code == 200


def test_each_query_and_each_host_has_its_own_etag(shop: Visitor) -> None:
    fire()
    etags = {
        shop.get("/notifications/alice")["ETag"],
        shop.get("/notifications/alice?limit=1")["ETag"],
        shop.get("/notifications/alice/?limit=2")["ETag"],
        shop.get("/notifications/alice", Host="localhost")["ETag"],
        shop.get("/notifications/bob")["ETag"],
    }
    assert len(etags) == 5


def test_an_inbox_takes_one_statement_and_so_does_304(alice: Visitor) -> None:
    fire()
    with statements(1):
        etag = alice.get("/notifications/alice")["ETag"]
    with statements(1):
        alice.get("/notifications/alice", If_None_Match=etag)
    fire()
    with statements(2):
        alice.get("/notifications/alice", If_None_Match=etag)


def test_head_answers_like_get_without_the_body(alice: Visitor) -> None:
    fire()
    for path in ("/notifications/alice", "/notifications/alice/counts", "/notifications/"):
        got, head = alice.get(path), alice.send("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head["Content-Length"] == got["Content-Length"]
        assert head.get("ETag") == got.get("ETag")


def test_counts_tell_what_is_unread_of_what_kind(alice: Visitor) -> None:
    for identifier in ("MESSAGE", "MESSAGE", "order.shipped", "READ"):
        fire(identifier=identifier)
    Notification.objects.filter(identifier="READ").mark_read()
    answer = alice.get("/notifications/me/counts")
    body = answer.json()
    assert list(body) == ["unread", "unseen", "seq", "epoch", "by_identifier"]
    assert body["by_identifier"] == {"MESSAGE": 2, "order.shipped": 1}
    assert (body["unread"], body["unseen"], body["seq"]) == (3, 3, 5)
    Notification.objects.all().mark_read()
    assert alice.get("/notifications/me/counts").json()["by_identifier"] == {}


def test_counts_take_one_statement(alice: Visitor) -> None:
    fire()
    fire(identifier="OTHER")
    with statements(1):
        alice.get("/notifications/alice/counts")


def test_changes_lead_from_nothing_to_the_head(alice: Visitor) -> None:
    kept, gone = fire(), fire()
    Notification.objects.filter(pk=gone).delete()
    body = alice.get("/notifications/me/changes").json()
    assert list(body) == ["mode", "epoch", "from", "to", "unread", "unseen", "more", "items"]
    assert (body["mode"], body["from"], body["to"], body["more"]) == ("changes", 0, 3, False)
    assert (body["unread"], body["unseen"]) == (1, 1)
    assert [item["id"] for item in body["items"]] == [kept, gone]
    assert body["items"][1] == {"id": gone, "seq": 3, "deleted": True}


def test_changes_page_through_everything(alice: Visitor) -> None:
    fired = [fire() for _ in range(7)]
    Notification.objects.filter(pk=fired[2]).mark_read()
    position, seen = 0, []
    while True:
        body = alice.get(f"/notifications/me/changes?since={position}&limit=3").json()
        assert body["from"] == position
        seen += [item["id"] for item in body["items"]]
        position = body["to"]
        if not body["more"]:
            break
    assert (position, seen) == (8, [*fired[:2], *fired[3:], fired[2]])


def test_who_is_up_to_date_gets_nothing(alice: Visitor) -> None:
    fire()
    body = alice.get("/notifications/me/changes?since=1").json()
    assert (body["mode"], body["from"], body["to"], body["items"]) == ("changes", 1, 1, [])


def test_a_cursor_of_another_numbering_gets_a_snapshot(alice: Visitor) -> None:
    mine, archived = fire(), fire()
    Notification.objects.filter(pk=archived).archive()
    epoch = Inbox.objects.get().epoch
    assert alice.get(f"/notifications/me/changes?since=1&epoch={epoch}").json()["mode"] == "changes"
    assert alice.get("/notifications/me/changes?since=1&epoch=").json()["mode"] == "changes"
    body = alice.get("/notifications/me/changes?since=1&epoch=other").json()
    assert list(body) == ["mode", "reason", "epoch", "to", "unread", "unseen", "more", "items"]
    assert (body["mode"], body["reason"], body["epoch"], body["to"]) == ("snapshot", "epoch", epoch, 3)
    assert [item["id"] for item in body["items"]] == [mine]


def test_a_cursor_from_the_future_gets_a_snapshot_and_a_new_numbering(alice: Visitor) -> None:
    fire()
    epoch = Inbox.objects.get().epoch
    body = alice.get(f"/notifications/me/changes?since=9&epoch={epoch}").json()
    assert (body["reason"], body["to"]) == ("regressed", 1)
    assert body["epoch"] == Inbox.objects.get().epoch != epoch


def test_who_may_only_read_voids_no_numbering(back_end: Callable[..., Visitor]) -> None:
    fire()
    epoch = Inbox.objects.get().epoch
    body = back_end("read").get(f"/notifications/alice/changes?since=9&epoch={epoch}").json()
    assert (body["reason"], body["epoch"]) == ("regressed", epoch)
    assert Inbox.objects.get().epoch == epoch


def test_a_cursor_from_before_the_horizon_gets_a_snapshot(alice: Visitor) -> None:
    fire()
    fire()
    fire()
    Inbox.objects.update(horizon=2)
    assert alice.get("/notifications/me/changes?since=1").json()["reason"] == "too_old"
    assert alice.get("/notifications/me/changes?since=2").json()["mode"] == "changes"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        *((f"since={value}", ("since", "invalid")) for value in ("-1", "x", "", "1.0", str(2**63), "9" * 400, "01")),
        *((f"limit={value}", ("limit", "invalid")) for value in ("0", "501", "", "x")),
        *((f"epoch={value}", ("epoch", "invalid")) for value in ("x" * 65, "a%20b", "%00", "%FF", "%C3%BC")),
        ("since=1&since=2", ("since", "invalid")),
        ("cursor=x", ("cursor", "unknown_field")),
    ],
)
def test_a_bad_cursor_is_refused(alice: Visitor, query: str, error: tuple[str, str]) -> None:
    assert errors(alice.get(f"/notifications/me/changes?{query}")) == [error]


def test_the_largest_cursor_is_only_from_the_future(alice: Visitor) -> None:
    assert alice.get(f"/notifications/me/changes?since={2**63 - 1}").json()["reason"] == "regressed"


@pytest.mark.parametrize(("number", "query"), [(1, ""), (1, "?since=2"), (2, "?since=1&epoch=other")])
def test_changes_take_at_most_two_statements(alice: Visitor, number: int, query: str) -> None:
    fire()
    fire()
    with statements(number):
        alice.get(f"/notifications/alice/changes{query}")


@pytest.mark.parametrize("text", ["0", "-5", "-0", "9" * 65, "-" + "9" * 30])
def test_an_integer_that_is_no_user_id_is_404(shop: Visitor, text: str) -> None:
    for rest in ("", "/counts", "/changes"):
        assert problem(shop.get(f"/notifications/{text}{rest}")) == (404, "not_found")


@pytest.mark.parametrize(
    "text", ["9" * 20, "007", "00", "a@b.c", "x" * 64, "a:b", "a+b", "3fa85f64-5717-4562-b3fc-2c963f66afa6"]
)
def test_odd_but_legal_user_ids_have_an_inbox(shop: Visitor, text: str) -> None:
    assert shop.get(f"/notifications/{text}").json()["user_id"] == text


@pytest.mark.parametrize("text", ["1_0", "%201", "%D9%A1", "a%20b", "x" * 65, "a%0A", "%00", "%FF", ".", "-a", "é"])
def test_other_nonsense_is_400(shop: Visitor, text: str) -> None:
    answer = shop.get(f"/notifications/{text}")
    assert errors(answer) == [("user_id", "invalid")]
