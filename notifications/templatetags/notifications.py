"""``{% load notifications %}{% notification_inbox %}``: the bell of whoever is logged in."""

from __future__ import annotations

from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.template.context import Context
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from notifications.actions.credentials import authenticate_user
from notifications.conf import get_options

register = template.Library()


@register.simple_tag(takes_context=True)
def notification_inbox(context: Context, **attributes: object) -> SafeString:
    """The script and the element, for the inbox of the session's user; nothing for who has none.

    ``attributes`` are the element's: ``{% notification_inbox badge="unread" title_count=True %}``. True is an attribute
    without a value, False and None are left out. The page needs the request in its context.
    """
    request = context["request"]
    principal = authenticate_user(getattr(request, "user", None), None)
    if principal is None or principal.user_id is None:
        return SafeString("")
    given = {
        "user-id": principal.user_id,
        "endpoint": reverse("notifications:list").rstrip("/").removesuffix("/notifications") or "/",
        "socket-endpoint": get_script_prefix(),
        "csrf-token": get_token(request),
        "lang": get_language(),
    } | {name.replace("_", "-"): value for name, value in attributes.items()}
    return format_html(
        '<script type="module" src="{}"></script>\n<notification-inbox{}></notification-inbox>',
        static("notifications/notification-inbox.js"),
        format_html_join(
            "",
            ' {}="{}"',
            (
                (name, "" if value is True else escape(value))
                for name, value in given.items()
                if value not in (None, False)
            ),
        ),
    )


@register.simple_tag(takes_context=True)
def admin_notification_inbox(context: Context, **attributes: Any) -> SafeString:
    """``notification_inbox`` where ``NOTIFICATIONS["ADMIN_BELL"]`` wants it."""
    return notification_inbox(context, **attributes) if get_options().ADMIN_BELL else SafeString("")
