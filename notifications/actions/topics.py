"""Subscribing users to topics, so that an announcement can name the topic instead of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notifications.limits import clean_as, clean_topic
from notifications.models import Subscription
from notifications.models.queryset import user_id_of
from notifications.models.retries import retried

from .notify import chunks, distinct


def subscribe(user: object, topic: str) -> None:
    """Subscribe a user object or a user_id, in the caller's transaction; doing it twice changes nothing.

    A topic is any name of 1 to 100 characters, as an identifier's but without a slash; it need not be made before.
    Raises ``ValidationError`` with the same codes as REST.
    """
    _add(clean_as("topic", clean_topic, topic), [user_id_of(user)])


def subscribe_many(users: Iterable[object], topic: str) -> None:
    """Subscribe user objects or user_ids, any iterable or a queryset of any length, in chunks of 1,000.

    Each chunk is one transaction; within a caller's transaction all of it is one.
    """
    topic = clean_as("topic", clean_topic, topic)
    for chunk in chunks(sorted(distinct(users))):
        _add(topic, chunk)


@retried
def unsubscribe(user: object, topic: str) -> None:
    """End a subscription, in the caller's transaction; where there is none, nothing changes.

    What was announced to the topic before still comes.
    """
    Subscription.objects.end(clean_as("topic", clean_topic, topic), user_id_of(user))


@retried
def _add(topic: str, user_ids: Sequence[str]) -> None:
    Subscription.objects.add(topic, user_ids)
