"""Who is subscribed to which topic. A topic is a name and has no row of its own: it is who subscribed to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import limits


class SubscriptionManager(models.Manager["Subscription"]):
    """The verbs on subscriptions; topics and user_ids are in their stored spelling."""

    def add(self, topic: str, user_ids: Iterable[str]) -> None:
        """Whoever is subscribed already stays so. In the order of user_id: two who add the same cannot deadlock."""
        self.bulk_create((Subscription(topic=topic, user_id=one) for one in user_ids), ignore_conflicts=True)

    def end(self, topic: str, user_id: str) -> None:
        self.filter(topic=topic, user_id=user_id).delete()

    def part_out(self, topic: str, *, announcement_id: int, size: int) -> int:
        """Write all who are subscribed at this moment into the parts of a list; returns how many there are.

        One statement, and so one moment. The names stay in the database: it reads them in the order of their index,
        and holds a part of them at a time.
        """
        connection = connections[self.db]
        # What is ordered is grouped by sorting, not by hashing, which would hold all the parts at once.
        names = "json_group_array(user_id)" if connection.vendor == "sqlite" else "jsonb_agg(user_id ORDER BY user_id)"
        sql = (
            "INSERT INTO notifications_announcementpart (announcement_id, number, size, user_ids) "
            f"SELECT %s, number, COUNT(*), {names} "
            "FROM (SELECT user_id, (ROW_NUMBER() OVER (ORDER BY user_id) - 1) / %s AS number "
            "FROM notifications_subscription WHERE topic = %s) AS numbered "
            "GROUP BY number ORDER BY number RETURNING size"
        )
        with transaction.atomic(using=self.db), connection.cursor() as cursor:
            cursor.execute(sql, [announcement_id, size, topic])
            return sum(size for (size,) in cursor.fetchall())


class Subscription(models.Model):
    """One user's to one topic."""

    topic = models.CharField(_("topic"), max_length=limits.TOPIC_MAX)
    user_id = models.CharField(_("user"), max_length=limits.USER_ID_MAX)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = SubscriptionManager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            # Its index is the order in which a topic's subscribers are read.
            models.UniqueConstraint(fields=["topic", "user_id"], name="subscription_once"),
            models.CheckConstraint(condition=~Q(topic="") & ~Q(user_id=""), name="subscription_is_named"),
        ]
        indexes = [models.Index(fields=["user_id", "topic"], name="subscription_of_user")]

    def __str__(self) -> str:
        return self.topic  # and not whose: the admin's log keeps it when the user has been erased

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ValidationError as ``subscribe`` does."""
        self.topic = limits.clean_as("topic", limits.clean_topic, self.topic)
        self.user_id = limits.clean_as("user_id", limits.clean_user_id, self.user_id)
        super().save(*args, **kwargs)
