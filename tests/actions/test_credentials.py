"""Whether what once opened a socket still would."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends import cache, db, file, signed_cookies
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import OperationalError
from django.test import Client

from notifications.actions.access import Principal
from notifications.actions.credentials import authenticate_session_key, authenticate_user, revoked
from notifications.checks import check_options

pytestmark = pytest.mark.django_db


def logged_in(user: User, store: Any = db) -> Principal:
    session = store.SessionStore()
    session["anything"] = 1
    session.save()
    principal = authenticate_user(user, session)
    assert principal is not None
    return principal


@pytest.mark.parametrize("store", [db, cache, file, signed_cookies], ids=lambda store: store.__name__.rsplit(".")[-1])
def test_a_session_of_any_engine_stays(settings: Any, tmp_path: Any, store: Any) -> None:
    settings.SESSION_ENGINE = store.__name__
    settings.SESSION_FILE_PATH = str(tmp_path)
    root = User.objects.create_superuser("root")
    assert revoked([logged_in(root, store)]) == set()


def test_who_was_demoted_loses_the_socket_and_with_it_the_rights() -> None:
    root = logged_in(User.objects.create_superuser("root"))
    plain = logged_in(User.objects.create_user("alice"))
    assert revoked([root, plain]) == set()
    User.objects.update(is_superuser=False, is_staff=False)
    assert revoked([root, plain]) == {root}


def test_a_cache_that_is_away_ends_no_session(settings: Any, monkeypatch: Any) -> None:
    """Django's own store takes it for a session that ended."""
    settings.SESSION_ENGINE = cache.__name__
    root = logged_in(User.objects.create_superuser("root"), cache)
    assert root.session is not None
    assert authenticate_session_key("of nobody") is None

    def away(*_: object, **__: object) -> None:
        raise ConnectionError("away")

    for name in ("get", "get_many"):
        monkeypatch.setattr(caches["default"], name, away)
    with pytest.raises(OperationalError):
        revoked([root])
    with pytest.raises(OperationalError):
        authenticate_session_key(root.session.session_key)
    monkeypatch.setattr(caches["default"], "get", lambda *_: None)  # as memcached's clients hide it
    monkeypatch.setattr(caches["default"], "get_many", lambda *_: {})
    with pytest.raises(OperationalError):
        revoked([root])


def test_a_handshake_leaves_a_session_of_an_older_secret_as_it_is(settings: Any) -> None:
    """Django would give it a new key, and no answer to a handshake brings the browser that."""
    root = User.objects.create_superuser("root")
    client = Client()
    client.force_login(root)
    key = client.session.session_key
    assert key is not None
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    principal = authenticate_session_key(key)
    assert principal is not None
    assert principal.session is not None
    assert principal.session.session_key == key
    assert revoked([principal]) == set()
    assert Session.objects.filter(session_key=key).exists()
    assert client.get("/admin/").status_code == 200


def test_a_handshake_does_not_end_a_session_whose_password_was_changed() -> None:
    root = User.objects.create_superuser("root")
    client = Client()
    client.force_login(root)
    key = client.session.session_key
    assert key is not None
    root.set_password("another")
    root.save()
    assert authenticate_session_key(key) is None
    assert Session.objects.filter(session_key=key).exists(), "a request ends it, and says so"


@pytest.mark.parametrize("attribute", ["nosuch", "", "profile.pk", 7, True])
def test_an_inbox_by_what_users_do_not_have_is_refused(options: Any, attribute: object) -> None:
    options(SESSION_INBOX=attribute)
    assert [problem.id for problem in check_options(None)] == ["notifications.E002"]


@pytest.mark.parametrize("attribute", ["pk", "id", "username", None])
def test_an_inbox_by_what_users_have_is_accepted(options: Any, attribute: object) -> None:
    options(SESSION_INBOX=attribute)
    assert check_options(None) == []
