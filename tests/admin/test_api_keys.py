"""API keys in the admin: handed out once, revoked for good."""

from __future__ import annotations

import logging
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client

from notifications.models import APIKey
from notifications.models.api_key import digest

from .conftest import text_of

pytestmark = pytest.mark.django_db

KEYS = "/admin/notifications/apikey/"
FILLED = {"name": "Shop", "scopes": ["create", "read"], "expires_at_0": "", "expires_at_1": ""}


def secret_in(page) -> str:
    (secret,) = set(re.findall(r"ntf_[A-Za-z0-9_-]{43}", page.content.decode()))
    return secret


@pytest.fixture
def key(db: None) -> APIKey:
    return APIKey.objects.issue("Shop", scopes=["read"])[0]


def test_a_new_key_shows_its_secret(root: Client) -> None:
    page = root.post(f"{KEYS}add/", FILLED)
    key = APIKey.objects.get()
    assert key.digest == digest(secret_in(page))
    assert (key.name, key.scopes) == ("Shop", ["create", "read"])
    assert "only this once" in text_of(page)
    assert "no-store" in page["Cache-Control"]


def test_the_secret_is_kept_nowhere(root: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        secret = secret_in(page := root.post(f"{KEYS}add/", FILLED))
    kept = [str(page.headers), str(page.cookies), caplog.text, str(Session.objects.get().get_decoded())]
    kept += [str(vars(entry)) for entry in LogEntry.objects.all()]
    kept += [str(vars(key)) for key in APIKey.objects.all()]
    assert not [place for place in kept if secret in place]
    assert secret not in root.get(KEYS).content.decode()
    assert secret not in root.get(f"{KEYS}{APIKey.objects.get().pk}/change/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"scopes": []}, {"scopes": ["root"]}, {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}],
)
def test_a_wrong_form_makes_no_key(root: Client, wrong: dict) -> None:
    assert root.post(f"{KEYS}add/", {**FILLED, **wrong}).status_code == 200
    assert not APIKey.objects.exists()


def test_only_the_name_of_a_key_can_change(root: Client, key: APIKey) -> None:
    root.post(f"{KEYS}{key.pk}/change/", {"name": "Store", "scopes": ["admin"], "digest": "0", "prefix": "ntf_other"})
    changed = APIKey.objects.get()
    assert changed.name == "Store"
    assert (changed.scopes, changed.digest, changed.prefix) == (key.scopes, key.digest, key.prefix)


def test_revoking(root: Client, key: APIKey) -> None:
    answer = root.post(KEYS, {"action": "revoke", "_selected_action": [key.pk]}, follow=True)
    assert "1 key revoked." in text_of(answer)
    revoked_at = APIKey.objects.get().revoked_at
    assert revoked_at is not None
    answer = root.post(KEYS, {"action": "revoke", "_selected_action": [key.pk]}, follow=True)
    assert "0 keys revoked." in text_of(answer)
    assert APIKey.objects.get().revoked_at == revoked_at
    assert "revoked" in text_of(answer)


def test_a_key_cannot_be_deleted(root: Client, key: APIKey) -> None:
    assert root.get(f"{KEYS}{key.pk}/delete/").status_code == 403


def test_who_may_only_view_cannot_revoke(staff, key: APIKey) -> None:
    staff("view_apikey").post(KEYS, {"action": "revoke", "_selected_action": [key.pk]})
    assert APIKey.objects.get().revoked_at is None
