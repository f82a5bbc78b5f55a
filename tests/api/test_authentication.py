"""Who is asking: credentials in their order, CSRF, and development mode."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from notifications import notify
from notifications.models import APIKey
from tests.api.hostile.bodies import TYPES
from tests.api.hostile.hostile import Hostile
from tests.api.visitor import HI, Visitor, problem

SECRET = django_settings.NOTIFICATIONS["TOKEN_KEYS"]["test"]
NOW = int(time.time())
GOOD = {"sub": "alice", "aud": "notifications", "iat": NOW, "exp": NOW + 600}


def token(claims: dict[str, Any], secret: str = SECRET, **options: Any) -> str:
    return jwt.encode(claims, secret, **{"algorithm": "HS256", **options})


def test_a_token_that_any_library_signed_is_good() -> None:
    assert Visitor(Authorization=f"Bearer {token(GOOD)}").get("/notifications/me").status_code == 200


def test_the_scheme_may_be_spelt_in_any_case() -> None:
    assert Visitor(Authorization=f"bearer {token(GOOD)}").get("/notifications/me").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer ntf_",
        "Bearer ntf_wrong",
        "Basic cm9vdDpwdw==",
        "Token abc",
        f"Bearer {'x' * 5000}",
        "Bearer a.b.c",
        "Bearer é",
        f"Bearer {token(GOOD)} {token(GOOD)}",
        f"Bearer {token(GOOD)}x",
        f"Bearer {token(GOOD, SECRET[::-1])}",
        f"Bearer {token({**GOOD, 'exp': NOW - 1})}",
        f"Bearer {token({**GOOD, 'exp': NOW + 86_401})}",
        f"Bearer {token({**GOOD, 'iat': NOW + 3600})}",
        f"Bearer {token({**GOOD, 'aud': 'others'})}",
        f"Bearer {token({**GOOD, 'sub': 'me'})}",
        f"Bearer {token({**GOOD, 'sub': ''})}",
        *(f"Bearer {token({key: value for key, value in GOOD.items() if key != name})}" for name in GOOD),
        f"Bearer {token(GOOD, SECRET * 2, algorithm='HS512')}",
        f"Bearer {token(GOOD, '', algorithm='none')}",
        f"Bearer {token(GOOD, headers={'kid': 'unknown'})}",
    ],
    ids=lambda header: header[:30],
)
def test_a_bad_credential_is_refused(header: str) -> None:
    answer = Visitor(Authorization=header).get("/notifications/")
    assert problem(answer) == (401, "authentication_failed")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_bad_credential_is_refused_although_the_session_is_good(root: Visitor) -> None:
    assert root.get("/notifications/").status_code == 200
    assert problem(root.get("/notifications/", Authorization="Bearer x")) == (401, "authentication_failed")


def test_an_explicit_credential_wins_over_the_session(root: Visitor) -> None:
    answer = root.post("/notifications/", HI, Authorization=f"Bearer {token(GOOD)}")
    assert problem(answer) == (403, "permission_denied")


def test_a_revoked_or_expired_key_is_refused() -> None:
    key, secret = APIKey.objects.issue("shop", scopes=["read"])
    visitor = Visitor(Authorization=f"Bearer {secret}")
    assert visitor.get("/notifications/").status_code == 200
    key.expires_at = timezone.now() - timedelta(seconds=1)
    key.save()
    assert problem(visitor.get("/notifications/")) == (401, "authentication_failed")
    key.expires_at = None
    key.revoke()
    assert problem(visitor.get("/notifications/")) == (401, "authentication_failed")


def test_no_credential_is_read_from_the_query(charlie: Visitor) -> None:
    for name in ("token", "access_token", "key", "api_key"):
        assert problem(charlie.get(f"/notifications/?{name}={token(GOOD)}")) == (401, "not_authenticated")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/notifications/"),
        ("PUT", "/notifications/{id}"),
        ("PATCH", "/notifications/{id}"),
        ("DELETE", "/notifications/{id}"),
        ("POST", "/notifications/alice/mark"),
        ("POST", "/notifications/batch"),
    ],
)
def test_a_session_needs_the_csrf_token_to_write(root: Visitor, method: str, path: str) -> None:
    notification = notify("alice", title="Hi", identifier="MESSAGE")
    root.headers.clear()
    assert problem(root.send(method, path.format(id=notification.pk), HI)) == (403, "permission_denied")
    notification.refresh_from_db()
    assert notification.seq == 1


def test_a_session_reads_without_the_csrf_token(root: Visitor) -> None:
    root.headers.clear()
    assert root.get("/notifications/").status_code == 200


def test_a_form_of_another_site_writes_nothing(root: Visitor) -> None:
    root.headers.clear()
    answer = root.send(
        "POST",
        "/notifications/",
        raw=b"title=Hi&csrfmiddlewaretoken=x",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert problem(answer) == (403, "permission_denied")


@pytest.mark.parametrize("hostile", TYPES, ids=lambda hostile: hostile.name)
def test_a_session_is_told_of_a_type_what_a_key_is_told(root: Visitor, hostile: Hostile) -> None:
    path = hostile.path_to(id=notify("alice", title="Hi", identifier="MESSAGE").pk, announcement=0)
    answer = root.send(hostile.method, path, raw=hostile.raw, **hostile.headers)
    assert problem(answer) == hostile.answer


def test_the_csrf_token_comes_in_the_header_and_not_in_a_form(root: Visitor) -> None:
    root.headers.clear()
    form = f"csrfmiddlewaretoken={root.client.cookies['csrftoken'].value}".encode()
    answer = root.send("POST", "/notifications/", raw=form, Content_Type="application/x-www-form-urlencoded")
    assert problem(answer) == (403, "permission_denied")


def test_a_user_who_was_deactivated_is_nobody(root: Visitor) -> None:
    get_user_model().objects.update(is_active=False)
    assert problem(root.get("/notifications/")) == (401, "not_authenticated")


@pytest.fixture
def developer(settings: Any, options: Any) -> Visitor:
    """At the machine itself, in development mode."""
    settings.DEBUG = True
    options(DEV_OPEN=True)
    return Visitor(Host="localhost:8000")


def test_development_mode_needs_no_credential(developer: Visitor) -> None:
    created = developer.create(user_id=123)
    assert developer.get("/notifications/").json()["results"] == [created]
    assert developer.get("/notifications/123").json()["user_id"] == 123
    assert developer.put(f"/notifications/{created['id']}").json()["is_read"]
    assert developer.post("/notifications/tokens", {"user_id": 123}).status_code == 201
    assert problem(developer.get("/notifications/me")) == (404, "not_found")


@pytest.mark.parametrize(
    "header",
    [
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_Host": "localhost"},
        {"X_Forwarded_Anything": ""},
        {"Forwarded": "for=127.0.0.1"},
        {"X_Real_IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:9000"},
        {"Origin": "null"},
        {"Host": "testserver"},
    ],
    ids=str,
)
def test_development_mode_is_for_this_machine_only(developer: Visitor, header: dict[str, str]) -> None:
    assert problem(developer.get("/notifications/", **header)) == (401, "not_authenticated")


def test_development_mode_is_closed_to_other_addresses(developer: Visitor) -> None:
    developer.client.defaults["REMOTE_ADDR"] = "192.0.2.1"
    assert problem(developer.get("/notifications/")) == (401, "not_authenticated")


def test_development_mode_takes_its_own_origin(developer: Visitor) -> None:
    assert developer.get("/notifications/", Origin="http://localhost:8000").status_code == 200


def test_development_mode_still_refuses_a_bad_credential(developer: Visitor) -> None:
    assert problem(developer.get("/notifications/", Authorization="Bearer x")) == (401, "authentication_failed")


def test_without_debug_there_is_no_development_mode(developer: Visitor, settings: Any) -> None:
    settings.DEBUG = False
    assert problem(developer.get("/notifications/")) == (401, "not_authenticated")
