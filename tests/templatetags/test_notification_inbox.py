"""The bell in a Django template."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import include, path, set_script_prefix

from notifications.checks import check_options

urlpatterns = [path("inbox/", include("notifications.urls")), path("admin/", lambda request: HttpResponse())]


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice")


@pytest.fixture
def options(settings):
    settings.NOTIFICATIONS = {"SESSION_INBOX": "pk"}
    return settings


def render(user, tag="{% notification_inbox %}"):
    request = RequestFactory().get("/")
    request.user = user
    return engines["django"].from_string("{% load notifications %}" + tag).render(request=request)


def test_it_is_a_script_and_an_element_for_the_session_s_inbox(options, alice):
    html = render(alice)
    assert '<script type="module" src="/static/notifications/notification-inbox.js"></script>' in html
    assert f'<notification-inbox user-id="{alice.pk}" endpoint="/" socket-endpoint="/" csrf-token="' in html


def test_it_follows_the_prefix_of_the_project(options, alice):
    options.ROOT_URLCONF = __name__
    assert ' endpoint="/inbox" socket-endpoint="/"' in render(alice)


def test_it_follows_the_script_name(options, alice):
    set_script_prefix("/app/")
    try:
        assert ' endpoint="/app" socket-endpoint="/app/"' in render(alice)
    finally:
        set_script_prefix("/")


def test_attributes_are_the_element_s_and_escaped(options, alice):
    given = """badge="unread" title_count=True app_badge=False endpoint="https://a.example" device='"><script>' """
    html = render(alice, "{% notification_inbox " + given + "%}")
    assert ' badge="unread" title-count=""' in html
    assert ' endpoint="https://a.example"' in html
    assert "app-badge" not in html
    assert 'device="&quot;&gt;&lt;script&gt;"' in html


def test_who_has_no_inbox_has_no_bell(options, alice):
    assert render(AnonymousUser()) == ""
    options.NOTIFICATIONS = {"SESSION_INBOX": None}
    assert render(alice) == ""


def test_nothing_of_it_offends_a_strict_policy(options, alice):
    html = render(alice)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)


# In the admin


@pytest.fixture
def root(db):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_the_admin_has_no_bell_unless_asked(options, root):
    page = root.get("/admin/").content.decode()
    assert "notification-inbox" not in page
    assert "Log out" in page


def test_the_admin_has_the_bell_of_the_staff_member(settings, root):
    settings.NOTIFICATIONS = {"SESSION_INBOX": "pk", "ADMIN_BELL": True}
    page = root.get("/admin/notifications/notification/").content.decode()
    assert page.count("<notification-inbox user-id=") == 1
    assert "Log out" in page


def test_a_visitor_of_the_log_in_page_has_none(settings, db):
    settings.NOTIFICATIONS = {"SESSION_INBOX": "pk", "ADMIN_BELL": True}
    assert "notification-inbox" not in Client().get("/admin/login/").content.decode()


def test_an_app_that_stands_behind_the_admin_is_told(settings, monkeypatch):
    settings.NOTIFICATIONS = {"ADMIN_BELL": True}
    assert not [one for one in check_options(None) if one.id == "notifications.W002"]
    from django.apps import apps

    configs = list(apps.get_app_configs())[::-1]
    monkeypatch.setattr("notifications.checks.apps.get_app_configs", lambda: configs)
    assert [one for one in check_options(None) if one.id == "notifications.W002"]
