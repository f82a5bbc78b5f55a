"""Announcements as REST knows them: what a body asks, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from notifications import limits
from notifications.limits import RECIPIENTS_MAX
from notifications.models import Announcement
from notifications.models.announcement import EDITABLE, Audience, clean_message

from .members import invalid, missing, refuse_unknown
from .notification import time_to_wire

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class NewAnnouncement:
    """``user_ids``: distinct, stored and sorted; or ``topic``; or, when both are None, everyone."""

    user_ids: list[str] | None
    topic: str | None
    include_new: bool
    message: Object


def parse_announcement(body: Object) -> NewAnnouncement:
    """Raises ValidationError naming every bad member; of the user_ids as ``user_ids[3]``."""
    rest = dict(body)
    errors: dict[str, Any] = {}
    whom: Object = {"user_ids": None, "topic": None, "include_new": False}
    try:
        whom |= _parse_audience({name: rest.pop(name) for name in _WHOM if name in rest})
    except ValidationError as problem:
        errors |= problem.error_dict
    message: Object = {}
    try:
        message = clean_message(rest)
    except ValidationError as problem:
        errors |= problem.error_dict
    if errors:
        raise ValidationError(errors)
    return NewAnnouncement(**whom, message=message)


def parse_edit(body: Object) -> Object:
    """What shall change; the values are checked when it is saved."""
    refuse_unknown(body, set(EDITABLE))
    if not body:
        raise ValidationError(f"Name at least one of {', '.join(EDITABLE)}.", code="invalid")
    return body


def accepted(announcement: Announcement) -> Object:
    return {"id": announcement.pk, "recipients": announcement.recipients}


def announcement(found: Announcement, *, delivered: int) -> Object:
    return {
        "id": found.pk,
        "audience": found.audience,
        "topic": found.topic or None,
        "recipients": found.recipients,
        "delivered": delivered,
        "include_new": found.include_new,
        "title": found.title,
        "description": found.description,
        "identifier": found.identifier,
        "data": found.data,
        "action_url": found.action_url,
        "priority": found.priority,
        "created_at": time_to_wire(found.created_at),
        "updated_at": time_to_wire(found.updated_at),
        "expires_at": time_to_wire(found.expires_at),
        "retracted_at": time_to_wire(found.retracted_at),
    }


_WHOM = ("user_ids", "topic", "audience", "include_new")


def _parse_audience(whom: Object) -> Object:
    include_new = whom.get("include_new", False)
    if not isinstance(include_new, bool):
        raise invalid("include_new", "true or false is needed.")
    if "user_ids" in whom or "topic" in whom:
        named, *others = [name for name in _WHOM if name in whom]
        if others:
            raise invalid(others[0], "Name user_ids, or a topic, or everyone with audience; one of them.")
        if named == "user_ids":
            return {"user_ids": _clean_user_ids(whom["user_ids"])}
        return {"topic": limits.clean_as("topic", limits.clean_topic, whom["topic"])}
    if "audience" not in whom:
        raise missing("audience")
    if whom["audience"] != Audience.EVERYONE:
        raise invalid("audience", "It is everyone, or named by user_ids or a topic.")
    return {"include_new": include_new}


def _clean_user_ids(value: object) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= RECIPIENTS_MAX:
        raise invalid("user_ids", f"A list of 1 to {RECIPIENTS_MAX} user ids is needed.")
    distinct: set[str] = set()
    errors: dict[str, Any] = {}
    for index, one in enumerate(value):
        try:
            distinct.add(limits.clean_user_id(one))
        except ValidationError as problem:
            errors[f"user_ids[{index}]"] = problem
    if errors:
        raise ValidationError(errors)
    return sorted(distinct)
