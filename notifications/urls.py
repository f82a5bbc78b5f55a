"""The REST routes: ``path("", include("notifications.urls"))``, or below any prefix. A trailing slash is optional."""

from __future__ import annotations

from django.urls import re_path

from notifications.api.announcements import AnnouncementViewSet
from notifications.api.inboxes import InboxViewSet
from notifications.api.items import ItemViewSet
from notifications.api.notifications import NotificationViewSet
from notifications.api.problems import no_such_path
from notifications.api.tokens import TokenViewSet
from notifications.api.topics import TopicViewSet

app_name = "notifications"
urlpatterns = [
    re_path(r"^notifications/?\Z", NotificationViewSet.as_view({"get": "list", "post": "create"}), name="list"),
    re_path(r"^notifications/batch/?\Z", NotificationViewSet.as_view({"post": "create_batch"}), name="batch"),
    re_path(r"^notifications/tokens/?\Z", TokenViewSet.as_view({"post": "create"}), name="tokens"),
    re_path(r"^notifications/announcements/?\Z", AnnouncementViewSet.as_view({"post": "create"}), name="announcements"),
    re_path(
        r"^notifications/announcements/(?P<id>[0-9]+)/?\Z",
        AnnouncementViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="announcement",
    ),
    re_path(
        r"^notifications/topics/(?P<topic>[^/]+)/subscriptions/?\Z",
        TopicViewSet.as_view({"get": "subscribers"}),
        name="subscriptions",
    ),
    re_path(
        r"^notifications/topics/(?P<topic>[^/]+)/subscriptions/(?P<user_id>[^/]+)/?\Z",
        TopicViewSet.as_view({"put": "update", "delete": "destroy"}),
        name="subscription",
    ),
    re_path(
        r"^notifications/(?P<id>[^/]+)/?\Z",
        ItemViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}),
        name="item",
    ),
    re_path(r"^notifications/(?P<user_id>[^/]+)/counts/?\Z", InboxViewSet.as_view({"get": "counts"}), name="counts"),
    re_path(r"^notifications/(?P<user_id>[^/]+)/changes/?\Z", InboxViewSet.as_view({"get": "changes"}), name="changes"),
    re_path(r"^notifications/(?P<user_id>[^/]+)/mark/?\Z", InboxViewSet.as_view({"post": "mark"}), name="mark"),
    re_path(r"^notifications/(?P<user_id>[^/]+)/topics/?\Z", TopicViewSet.as_view({"get": "topics"}), name="topics"),
    re_path(r"^notifications(?:/[\s\S]*)?\Z", no_such_path),
]
