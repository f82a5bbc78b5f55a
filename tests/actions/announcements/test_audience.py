"""For whom: the inboxes that were open, and new ones only where it was asked for."""

from __future__ import annotations

import pytest

from notifications import announce, notify, retract
from notifications.actions.catch_up import head_of
from notifications.actions.erasure import erase
from tests.actions.announcements.reading import OPS, titles_after_reading

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_inbox_that_opens_later_has_missed_it() -> None:
    announce(**OPS)
    assert (head_of("charlie").seq, head_of("charlie").unread) == (0, 0)
    notify("dora", title="Hello", identifier="MESSAGE")
    assert head_of("dora").unread == 1
    announce(**{**OPS, "title": "Next"})
    assert titles_after_reading("charlie") == ["Next"]
    assert titles_after_reading("dora") == ["Next", "Hello"]


def test_new_inboxes_get_what_is_for_them_too() -> None:
    announce(**{**OPS, "title": "Old news"})
    announce(title="Welcome", identifier="TOUR", include_new=True)
    announce(**{**OPS, "title": "Older news"})
    assert titles_after_reading("charlie") == ["Welcome"]
    notify("dora", title="Hello", identifier="MESSAGE")
    announce(**{**OPS, "title": "News"})
    assert titles_after_reading("dora") == ["News", "Welcome", "Hello"]
    assert titles_after_reading("alice") == ["News", "Older news", "Welcome", "Old news", "Hello"]


def test_an_edit_of_old_news_does_not_bring_it_to_new_inboxes() -> None:
    old = announce(**OPS)
    announce(title="Welcome", identifier="TOUR", include_new=True)
    notify("charlie", title="Hello", identifier="MESSAGE")
    old.title = "Edited"
    old.save()
    assert titles_after_reading("charlie") == ["Welcome", "Hello"]
    assert titles_after_reading("alice") == ["Welcome", "Edited", "Hello"]


def test_a_retracted_welcome_is_for_nobody_new() -> None:
    welcome = announce(title="Welcome", identifier="TOUR", include_new=True)
    retract(welcome)
    assert titles_after_reading("charlie") == []
    assert titles_after_reading("alice") == ["Hello"]


def test_an_erased_inbox_begins_without_old_news() -> None:
    announce(**OPS)
    head_of("alice")
    erase("alice")
    assert titles_after_reading("alice") == []
