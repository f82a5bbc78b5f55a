"""The table: what is sent, and the status and code it must get. ``{id}`` is a notification of alice."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from notifications.limits import BATCH_BODY_MAX, BODY_MAX

HI = {"title": "Hi", "identifier": "MESSAGE", "user_id": "alice"}
LIST, BATCH, TOKENS, MARK = (
    "/notifications/",
    "/notifications/batch",
    "/notifications/tokens",
    "/notifications/alice/mark",
)
ANNOUNCEMENTS = "/notifications/announcements"
SUBSCRIBED = "/notifications/topics/news/subscriptions"
NEWS = {"title": "Hi", "identifier": "OPS"}
INVALID, MALFORMED, NOT_FOUND = (400, "invalid"), (400, "malformed_json"), (404, "not_found")
UNKNOWN, TOO_LARGE, UNSUPPORTED = (401, "authentication_failed"), (413, "too_large"), (415, "unsupported_media_type")
NO_METHOD = (405, "method_not_allowed")


@dataclass(frozen=True, kw_only=True)
class Hostile:
    name: str
    method: str
    path: str
    answer: tuple[int, str]
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def body(name: str, raw: bytes | str, answer: tuple[int, str], path: str = LIST, **headers: str) -> Hostile:
    raw = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    return Hostile(name=name, method="POST", path=path, raw=raw, answer=answer, headers=headers)


def value(name: str, path: str = LIST, **members: Any) -> Hostile:
    """A notification with a bad member; NaN and surrogates are written as Python writes them."""
    sent = {**HI, **members} if path == LIST else members
    return body(name, json.dumps(sent), INVALID, path)


def get(name: str, path: str, answer: tuple[int, str] = INVALID, **headers: str) -> Hostile:
    return Hostile(name=name, method="GET", path=path, answer=answer, headers=headers)


def call(
    name: str, method: str, path: str, answer: tuple[int, str] = INVALID, raw: bytes | None = None, **headers: str
) -> Hostile:
    return Hostile(name=name, method=method, path=path, answer=answer, raw=raw, headers=headers)


def with_data(text: str) -> str:
    return json.dumps(HI)[:-1] + f', "data": {text}}}'


TEXTS = [
    body("an empty body", b"", MALFORMED),
    body("only white space", b" \n\t", MALFORMED),
    body("half an object", b'{"title": "Hi"', MALFORMED),
    body("a trailing comma", b'{"title": "Hi",}', MALFORMED),
    body("two values", b"{} {}", MALFORMED),
    body("single quotes", b"{'title': 'Hi'}", MALFORMED),
    body("a comment", b'{"title": "Hi" /* x */}', MALFORMED),
    body("a byte order mark", b"\xef\xbb\xbf{}", MALFORMED),
    body("UTF-16", json.dumps(HI).encode("utf-16"), MALFORMED),
    body("Latin-1", '{"title": "é"}'.encode("latin-1"), MALFORMED),
    body("an overlong encoding", b'{"title": "\xc0\xaf"}', MALFORMED),
    body("an encoded surrogate", b'{"title": "\xed\xa0\x80"}', MALFORMED),
    body("an escaped lone surrogate", r'{"title": "\ud800"}', MALFORMED),
    body("a surrogate pair the wrong way round", r'{"title": "\udc00\ud800"}', MALFORMED),
    body("a surrogate as a name", r'{"\ud800": 1}', MALFORMED),
    body("an escaped NUL", r'{"title": "a\u0000b"}', MALFORMED),
    body("a raw NUL", b'{"title": "a\x00b"}', MALFORMED),
    body("a raw line break in a string", b'{"title": "a\nb"}', MALFORMED),
    body("the same member twice", b'{"title": "a", "title": "b"}', MALFORMED),
    body("the same member twice, spelt differently", rb'{"title": "a", "\u0074itle": "b"}', MALFORMED),
    body("NaN", with_data('{"a": NaN}'), MALFORMED),
    body("Infinity", with_data('{"a": -Infinity}'), MALFORMED),
    body("a number beyond all numbers", with_data('{"a": 1e999}'), MALFORMED),
    body("an integer of 5,000 digits", with_data('{"a": ' + "9" * 5000 + "}"), MALFORMED),
    body("990 brackets", b"[" * 990, MALFORMED),
    body("60,000 brackets", b"[" * 60_000, MALFORMED),
    body("60,000 brackets, closed", b"[" * 30_000 + b"]" * 30_000, MALFORMED),
    body("17 levels", with_data('{"a":' * 15 + "[]" + "}" * 15), MALFORMED),
    body("a leading zero", with_data('{"a": 01}'), MALFORMED),
    body("a form", b"title=Hi&identifier=MESSAGE&user_id=1", MALFORMED),
    body("null", b"null", INVALID),
    body("a list", b"[]", INVALID),
    body("a string", b'"Hi"', INVALID),
    body("a number", b"7", INVALID),
    body("an empty object", b"{}", INVALID),
    body("a body of 64 KiB and one byte", b" " * (BODY_MAX + 1), TOO_LARGE),
    body("a batch of 1 MiB and one byte", b" " * (BATCH_BODY_MAX + 1), TOO_LARGE, BATCH),
    body("a token request of 65 KiB", b" " * (BODY_MAX + 1), TOO_LARGE, TOKENS),
    body("thousands of unknown members", json.dumps({**HI, **{f"x{n}": n for n in range(4000)}}), INVALID),
    body("a prototype's poison", json.dumps({**HI, "__proto__": {"is_admin": True}}), INVALID),
]

TYPES = [
    body("another type", json.dumps(HI), UNSUPPORTED, Content_Type="text/plain"),
    body("a form's type", b"title=Hi", UNSUPPORTED, Content_Type="application/x-www-form-urlencoded"),
    body("multipart", b"--x\r\n\r\n--x--", UNSUPPORTED, Content_Type="multipart/form-data; boundary=x"),
    body("multipart without a boundary", b"x", UNSUPPORTED, Content_Type="multipart/form-data"),
    body("XML", b"<a/>", UNSUPPORTED, Content_Type="application/xml"),
    body("JSON with a suffix", json.dumps(HI), UNSUPPORTED, Content_Type="application/vnd.api+json"),
    body("JSON lines", json.dumps(HI), UNSUPPORTED, Content_Type="application/jsonl"),
    body("JSON in Latin-1", json.dumps(HI), UNSUPPORTED, Content_Type="application/json; charset=latin-1"),
    body("JSON in UTF-16", json.dumps(HI), UNSUPPORTED, Content_Type="application/json; charset=utf-16"),
    body("JSON in a codec that is none", json.dumps(HI), UNSUPPORTED, Content_Type="application/json; charset=zlib"),
    body("nonsense for a type", json.dumps(HI), UNSUPPORTED, Content_Type="; ;=,"),
    body("a type of 9,000 letters", json.dumps(HI), UNSUPPORTED, Content_Type="a" * 9000),
    call("a form to PUT", "PUT", "/notifications/{id}", UNSUPPORTED, b"is_read=1", Content_Type="text/plain"),
]

FIELDS = [
    value("a title of white space", title=" \u00a0\u2003\n"),
    value("a title of 201 characters", title="x" * 201),
    value("a title of two lines", title="a\nb"),
    value("a title with a line separator", title="a\u2028b"),
    value("a title with an escape", title="a\x1b[31mb"),
    value("a title that is a number", title=7),
    value("a title that is a list", title=["Hi"]),
    value("a title that is an object", title={"$ne": None}),
    value("a title that is true", title=True),
    value("a title that is null", title=None),
    value("a description of 4,001 characters", description="x" * 4001),
    value("a description with a bell", description="a\x07b"),
    value("an identifier with a tag", identifier="<b>"),
    value("an identifier with a path", identifier="../etc/passwd"),
    value("an identifier with a quote", identifier="a' OR 1=1"),
    value("an identifier in Cyrillic", identifier="МESSAGE"),
    value("a user_id that is true", user_id=True),
    value("a user_id that is 1.0", user_id=1.0),
    value("a user_id of zero", user_id=0),
    value("a negative user_id", user_id=-5),
    value("a user_id beyond 2^53", user_id=2**53),
    value("a user_id beyond 2^64", user_id=2**64),
    value("a user_id with an underscore between digits", user_id="1_0"),
    value("a user_id with a space before it", user_id=" 1"),
    value("a user_id in Arabic digits", user_id="١"),
    value("a user_id with a line break behind it", user_id="1\n"),
    value("a user_id with a slash", user_id="a/b"),
    value("a user_id with a wildcard", user_id="*"),
    value("a user_id that is null", user_id=None),
    value("a user_id that is a list", user_id=[1, 2]),
    value("a user_id that is an object", user_id={"id": 1}),
    value("a reserved user_id", user_id="me"),
    value("data that is a list", data=[]),
    value("data that is a string", data="{}"),
    value("data that is null", data=None),
    value("data of 8 KiB and more", data={"a": "x" * 8192}),
    value("data of nine levels", data={"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}}),
    value("data with an integer beyond 2^53", data={"a": 2**53}),
    value("data with a poisoned name", data={"a": [{"__proto__": 1}]}),
    value("a link that runs", action_url="javascript:alert(1)"),
    value("a link that runs, disguised", action_url="java\nscript:alert(1)"),
    value("a link with data", action_url="data:text/html,<script>alert(1)</script>"),
    value("a link to another host in disguise", action_url="//evil.example"),
    value("a link with a backslash", action_url="/\\evil.example"),
    value("a link with credentials", action_url="https://good.example@evil.example/"),
    value("a link without a host", action_url="http:///x"),
    value("a link with a space", action_url="/a b"),
    value("a link of 2,001 characters", action_url="/" + "x" * 2000),
    value("a priority nobody knows", priority="critical"),
    value("a priority that is a number", priority=1),
    value("an expiry in the past", expires_at="1970-01-01T00:00:00Z"),
    value("an expiry without an offset", expires_at="2099-01-01T00:00:00"),
    value("an expiry that is a number", expires_at=4070908800),
    value("an expiry on the 30th of February", expires_at="2099-02-30T00:00:00Z"),
    value("an expiry beyond the calendar", expires_at="9999-12-31T23:59:59-01:00"),
    value("an empty dedupe_key", dedupe_key=""),
    value("a dedupe_key with a space", dedupe_key="a b"),
    value("a dedupe_key of 129 characters", dedupe_key="x" * 129),
    value("a read-only member", is_read=True),
    value("an id of one's own", id=1),
    value("a batch that is an object", BATCH, notifications={}),
    value("a batch of nothing", BATCH, notifications=[]),
    value("a batch of nulls", BATCH, notifications=[None] * 1000),
    value("a batch of 1,001", BATCH, notifications=[HI] * 1001),
    value("a batch in a batch", BATCH, notifications=[[HI]]),
    value("an announcement to no topic", ANNOUNCEMENTS, **NEWS, topic=""),
    value("an announcement to the topic null", ANNOUNCEMENTS, **NEWS, topic=None),
    value("an announcement to two topics", ANNOUNCEMENTS, **NEWS, topic=["news", "sport"]),
    value("an announcement to a topic with a slash", ANNOUNCEMENTS, **NEWS, topic="a/b"),
    value("an announcement to a topic of 101 characters", ANNOUNCEMENTS, **NEWS, topic="x" * 101),
    value("an announcement to a topic and everyone", ANNOUNCEMENTS, **NEWS, topic="news", audience="everyone"),
    value("an announcement to a topic and a user", ANNOUNCEMENTS, **NEWS, topic="news", user_ids=[1]),
    value("a topic for new ones", ANNOUNCEMENTS, **NEWS, topic="news", include_new=True),
    call("a subscription with a level", "PUT", f"{SUBSCRIBED}/alice", INVALID, b'{"level": 1}'),
    call("a subscription with a list", "PUT", f"{SUBSCRIBED}/alice", INVALID, b"[]"),
    call("a subscription with half an object", "PUT", f"{SUBSCRIBED}/alice", MALFORMED, b'{"'),
    call("a subscription as a form", "PUT", f"{SUBSCRIBED}/alice", UNSUPPORTED, b"a=1", Content_Type="text/plain"),
    call("a subscription of 65 KiB", "PUT", f"{SUBSCRIBED}/alice", TOO_LARGE, b" " * (BODY_MAX + 1)),
    value("an announcement of nothing", ANNOUNCEMENTS),
    value("an announcement to nobody in particular", ANNOUNCEMENTS, **NEWS),
    value("an announcement to a planet", ANNOUNCEMENTS, **NEWS, audience="mars"),
    value("an announcement to an object", ANNOUNCEMENTS, **NEWS, audience={"$ne": 1}),
    value("an announcement to everyone and somebody", ANNOUNCEMENTS, **NEWS, audience="everyone", user_ids=[1]),
    value("an announcement to no user", ANNOUNCEMENTS, **NEWS, user_ids=[]),
    value("an announcement to a user", ANNOUNCEMENTS, **NEWS, user_ids="alice"),
    value("an announcement to an object of users", ANNOUNCEMENTS, **NEWS, user_ids={"a": 1}),
    value("an announcement to 10,001 users", ANNOUNCEMENTS, **NEWS, user_ids=list(range(1, 10_002))),
    value("an announcement to users that are none", ANNOUNCEMENTS, **NEWS, user_ids=[1, True, None, "me", 1.5, [1]]),
    value("an announcement to a user_id of ours", ANNOUNCEMENTS, **NEWS, audience="everyone", user_id="alice"),
    value("an announcement with a dedupe_key", ANNOUNCEMENTS, **NEWS, audience="everyone", dedupe_key="k"),
    value("an announcement for new ones, perhaps", ANNOUNCEMENTS, **NEWS, audience="everyone", include_new="yes"),
    value("a list for new ones", ANNOUNCEMENTS, **NEWS, user_ids=[1], include_new=True),
    value("an announcement with a number", ANNOUNCEMENTS, **NEWS, audience="everyone", seq=1),
    value(
        "an announcement of yesterday", ANNOUNCEMENTS, **NEWS, audience="everyone", expires_at="2001-01-01T00:00:00Z"
    ),
    value("an announcement with a bad title", ANNOUNCEMENTS, **{**NEWS, "title": "a\nb"}, audience="everyone"),
    body("an announcement that is a list", b"[]", INVALID, ANNOUNCEMENTS),
    body("an announcement of 1 MiB and one byte", b" " * (BATCH_BODY_MAX + 1), TOO_LARGE, ANNOUNCEMENTS),
    body("an announcement as a form", b"title=Hi", UNSUPPORTED, ANNOUNCEMENTS, Content_Type="text/plain"),
    value("a token for ever", TOKENS, user_id=1, ttl_seconds=10**30),
    value("a token for nobody", TOKENS, ttl_seconds=60),
    value("a mark without an action", MARK, ids=[1]),
    value("an action nobody knows", MARK, action="drop table"),
    value("ids beyond 2^63", MARK, action="read", ids=[2**63]),
    value("ids that are strings", MARK, action="read", ids=["1"]),
    value("501 ids", MARK, action="read", ids=list(range(1, 502))),
    value("a bound that is negative", MARK, action="read", up_to=-1),
    call("is_read that is a string", "PUT", "/notifications/{id}", INVALID, b'{"is_read": "yes"}'),
    call("is_read that is 1", "PATCH", "/notifications/{id}", INVALID, b'{"is_read": 1}'),
    call("a title through PATCH", "PATCH", "/notifications/{id}", INVALID, b'{"title": "x"}'),
    call("PATCH with nothing", "PATCH", "/notifications/{id}", INVALID, b"{}"),
    call("PATCH with a list", "PATCH", "/notifications/{id}", INVALID, b"[]"),
]

PATHS = [
    get("a user_id of zero in the path", "/notifications/0", NOT_FOUND),
    get("a negative user_id in the path", "/notifications/-1", NOT_FOUND),
    get("65 digits in the path", "/notifications/" + "9" * 65, NOT_FOUND),
    get("a NUL in the path", "/notifications/%00"),
    get("bytes that are no UTF-8 in the path", "/notifications/%FF%FE"),
    get("a line break in the path", "/notifications/1%0A"),
    get("a path upwards", "/notifications/..%2F..%2Fetc%2Fpasswd", NOT_FOUND),
    get("dots in the path", "/notifications/%2E%2E"),
    get("SQL in the path", "/notifications/1'%20OR%201=1--"),
    get("a tag in the path", "/notifications/%3Cscript%3E"),
    get("8,000 letters in the path", "/notifications/" + "a" * 8000),
    get("two slashes", "/notifications//", NOT_FOUND),
    get("a path below a path", "/notifications/1/counts/2", NOT_FOUND),
    get("a format in the path", "/notifications/1.json/x", NOT_FOUND),
    call("a subscription of nobody", "PUT", f"{SUBSCRIBED}/%20"),
    call("a subscription of a user_id of ours", "PUT", f"{SUBSCRIBED}/tokens"),
    call("a subscription of zero", "DELETE", f"{SUBSCRIBED}/0", NOT_FOUND),
    call("a subscription of who is not me", "PUT", f"{SUBSCRIBED}/me", NOT_FOUND),
    call("a subscription of somebody with a slash", "PUT", f"{SUBSCRIBED}/a%2Fb", NOT_FOUND),
    call("a topic with a NUL", "PUT", "/notifications/topics/a%00/subscriptions/alice"),
    call("a topic with a slash", "PUT", "/notifications/topics/a%2Fb/subscriptions/alice", NOT_FOUND),
    call("a topic of dots", "PUT", "/notifications/topics/%2E%2E/subscriptions/alice"),
    call("a topic of 101 characters", "DELETE", f"/notifications/topics/{'x' * 101}/subscriptions/alice"),
    call("a topic outside ASCII", "DELETE", "/notifications/topics/%C3%A4/subscriptions/alice"),
    call("a topic that is no UTF-8", "DELETE", "/notifications/topics/%FF/subscriptions/alice"),
    get("a topic with SQL", "/notifications/topics/a'%20OR%201=1/subscriptions"),
    get("no topic", "/notifications/topics//subscriptions", NOT_FOUND),
    get("a topic alone", "/notifications/topics/news", NOT_FOUND),
    get("the topics of a user_id of ours", "/notifications/batch/topics"),
    call("an id beyond 2^63", "PUT", f"/notifications/{2**63}", NOT_FOUND),
    call("an id of 400 digits", "DELETE", "/notifications/" + "9" * 400, NOT_FOUND),
    call("an id of zero", "DELETE", "/notifications/0", NOT_FOUND),
    call("an id in Arabic digits", "PUT", "/notifications/%D9%A1", NOT_FOUND),
    call("an id with a sign", "PUT", "/notifications/+1", NOT_FOUND),
    call("an id that is a word", "DELETE", "/notifications/all", NOT_FOUND),
]

QUERIES = [
    get("an unknown parameter", "/notifications/?is_admin=1"),
    get("a parameter of the ORM", "/notifications/?user_id__startswith=a"),
    get("a format", "/notifications/?format=xml"),
    get("a parameter twice", "/notifications/?limit=1&limit=2"),
    get("a parameter without a name", "/notifications/?=1"),
    get("1,000 parameters", "/notifications/?" + "&".join(f"a{n}=1" for n in range(1000))),
    get("a limit of zero", "/notifications/?limit=0"),
    get("a limit beyond all limits", "/notifications/?limit=" + "9" * 5000),
    get("a limit in Arabic digits", "/notifications/?limit=%D9%A1"),
    get("a status nobody knows", "/notifications/?status=deleted"),
    get("a search for NUL", "/notifications/?search=%00"),
    get("a search for half a character", "/notifications/?search=%C3"),
    get("a search for a surrogate", "/notifications/?search=%ED%A0%80"),
    get("a search of 201 characters", "/notifications/?search=" + "a" * 201),
    get("a date that is none", "/notifications/?created_after=2026-02-30T00:00:00Z"),
    get("a time before time", "/notifications/?created_before=0000-00-00T00:00:00Z"),
    get("a cursor of one's own", "/notifications/?cursor=" + "A" * 11 + "B!"),
    get("a cursor of another service", "/notifications/?cursor=cD0yMDI2LTExLTIyKzEwJTNBMDA%3D"),
    get("a cursor of 4,000 characters", "/notifications/?cursor=" + "A" * 4000),
    get("a cursor to nowhere", "/notifications/?cursor=AAAAAAAAAAAA"),
    get("a list's cursor for names", f"{SUBSCRIBED}?cursor=AAAAAAAAAAAB"),
    get("a cursor of names with a NUL", f"{SUBSCRIBED}?cursor=PgA"),
    get("a cursor of names without a direction", f"{SUBSCRIBED}?cursor=YWxpY2U"),
    get("a cursor of names, spelt in two ways", f"{SUBSCRIBED}?cursor=PmJvYh"),
    get("a cursor to a user that is none", f"{SUBSCRIBED}?cursor=Pm1l"),
    get("a cursor of names beyond all names", f"{SUBSCRIBED}?cursor=" + "A" * 136),
    get("subscriptions by status", f"{SUBSCRIBED}?status=all"),
    get("102 subscriptions", f"{SUBSCRIBED}?limit=102"),
    call("a parameter to a subscription", "PUT", f"{SUBSCRIBED}/alice?x=1"),
    get("a negative position", "/notifications/alice/changes?since=-1"),
    get("a position beyond 2^63", f"/notifications/alice/changes?since={2**63}"),
    get("an epoch with a NUL", "/notifications/alice/changes?epoch=%00"),
    get("a parameter where there is none", "/notifications/alice/counts?x"),
    call("a parameter to a POST", "POST", "/notifications/?debug=1", INVALID, json.dumps(HI).encode()),
]

REST = [
    call("a method that is not there", "DELETE", LIST, NO_METHOD),
    call("a method nobody knows", "BREW", LIST, NO_METHOD),
    call("TRACE", "TRACE", LIST, NO_METHOD),
    call("OPTIONS", "OPTIONS", LIST, NO_METHOD),
    call("CONNECT", "CONNECT", LIST, NO_METHOD),
    call("POST of subscriptions", "POST", SUBSCRIBED, NO_METHOD, b"{}"),
    call("GET of one subscription", "GET", f"{SUBSCRIBED}/alice", NO_METHOD),
    call("DELETE of all subscriptions", "DELETE", SUBSCRIBED, NO_METHOD),
    call("DELETE of all topics of a user", "DELETE", "/notifications/alice/topics", NO_METHOD),
    call("another method by header", "POST", "/notifications/{id}", NO_METHOD, b"{}", X_HTTP_Method_Override="DELETE"),
    call("GET of a batch", "GET", BATCH, NO_METHOD),
    call("GET of all announcements", "GET", ANNOUNCEMENTS, NO_METHOD),
    call("PUT of an announcement", "PUT", f"{ANNOUNCEMENTS}/1", NO_METHOD, b"{}"),
    call("an announcement that is none", "GET", f"{ANNOUNCEMENTS}/1", NOT_FOUND),
    call("an announcement by a word", "DELETE", f"{ANNOUNCEMENTS}/x", NOT_FOUND),
    call("an announcement by 2^63", "DELETE", f"{ANNOUNCEMENTS}/{2**63}", NOT_FOUND),
    call("an announcement by 300 digits", "DELETE", f"{ANNOUNCEMENTS}/{'9' * 300}", NOT_FOUND),
    call("an announcement by zero", "PATCH", f"{ANNOUNCEMENTS}/0", NOT_FOUND, b"{}"),
    call("an announcement by Arabic digits", "PATCH", f"{ANNOUNCEMENTS}/١", NOT_FOUND, b"{}"),
    get("a credential that is none", LIST, UNKNOWN, Authorization="Bearer nonsense"),
    get("a key that is none", LIST, UNKNOWN, Authorization="Bearer ntf_" + "A" * 43),
    get("a key with SQL", LIST, UNKNOWN, Authorization="Bearer ntf_' OR '1'='1"),
    get("a credential of 8,000 letters", LIST, UNKNOWN, Authorization="Bearer " + "a" * 8000),
    get("a credential outside ASCII", LIST, UNKNOWN, Authorization="Bearer \xfc"),
    get("another scheme", LIST, UNKNOWN, Authorization="Basic cm9vdDpyb290"),
    get("an empty credential", LIST, UNKNOWN, Authorization=""),
    get(
        "a token that nobody signed",
        LIST,
        UNKNOWN,
        Authorization="Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImF1ZCI6Im5vdGlmaWNhdGlvbnMifQ.",
    ),
    get("a token of dots", LIST, UNKNOWN, Authorization="Bearer ..."),
    get("a token with a deep header", LIST, UNKNOWN, Authorization="Bearer " + "W1tbW1tbW1tb" * 300 + ".e30.e30"),
    get("an unknown host", LIST, (400, "bad_request"), Host="evil.example"),
    get("a host with a user", LIST, (400, "bad_request"), Host="localhost@evil.example"),
    body("an idempotency key of 256 characters", json.dumps(HI), INVALID, Idempotency_Key="x" * 256),
    body("an idempotency key with a space", json.dumps(HI), INVALID, Idempotency_Key="a b"),
    body("an empty idempotency key", json.dumps(HI), INVALID, Idempotency_Key=""),
    body("an idempotency key outside ASCII", json.dumps(HI), INVALID, Idempotency_Key="\xfc"),
]

INPUTS = [*TEXTS, *TYPES, *FIELDS, *PATHS, *QUERIES, *REST]
