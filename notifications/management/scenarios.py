"""The stories ``mock_events`` can tell: endless rows of notifications, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

Fields = dict[str, Any]
"""What ``notify()`` takes, besides the user."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """``tell`` yields one notification after another; the rest is what the command does unless told otherwise."""

    summary: str
    tell: Callable[[Random], Iterator[Fields]]
    interval_seconds: float = 5
    count: int | None = None


def classic(random: Random) -> Iterator[Fields]:
    while True:
        yield {
            "identifier": "MESSAGE",
            "title": "New Message Received",
            "description": "This is a new message from John Doe",
        }
        yield {
            "identifier": "SUBSCRIPTION_EXPIRY",
            "title": "Subscription Expiring Soon",
            "description": "Your subscription expires in 7 days",
            "priority": "high",
            "data": {"days": 7},
        }
        yield {
            "identifier": "PROFILE_SETUP",
            "title": "Profile Setup Complete",
            "description": "Your profile is complete. Welcome!",
        }


PEOPLE = ("Ada", "Björn", "Chiara", "Dmitri", "Efua", "Farah", "Gustavo", "Hana", "Ines", "Jonas")
LINES = (
    "Are you there?",
    "The meeting moves to 3 pm 🕒",
    "Did you see the new drafts?",
    "Lunch?",
    "Thank you, that was quick.",
    "I left a comment on page 4.",
    "See you tomorrow!",
)


def chat(random: Random) -> Iterator[Fields]:
    while True:
        person, line, room = random.choice(PEOPLE), random.choice(LINES), random.randrange(1, 10)
        is_mention = random.random() < 0.25
        yield {
            "identifier": "chat.mention" if is_mention else "chat.message",
            "title": f"{person} mentioned you" if is_mention else f"New message from {person}",
            "description": f"@you {line}" if is_mention else line,
            "priority": "high" if is_mention else "normal",
            "action_url": f"/rooms/{room}",
            "data": {"room": room, "from": person},
        }


GOODS = ("A kettle", "Running shoes", "A paperback", "A desk lamp", "Coffee beans", "A rain coat")


def shop(random: Random) -> Iterator[Fields]:
    for order in count(random.randrange(1000, 9000)):
        thing = random.choice(GOODS)
        story: list[tuple[str, str, str, str]] = [
            ("order.placed", "Order placed", f"{thing}: we have your order {order}.", "normal"),
            ("order.shipped", "Order shipped", f"{thing} is on its way to you.", "normal"),
            ("order.delivered", "Order delivered", f"{thing} has arrived.", "low"),
        ]
        if random.random() < 0.3:
            story.insert(
                1, ("payment.failed", "Payment failed", f"Please check how you pay for order {order}.", "urgent")
            )
        for identifier, title, description, priority in story:
            yield {
                "identifier": identifier,
                "title": title,
                "description": description,
                "priority": priority,
                "action_url": f"/orders/{order}",
                "data": {"order": order},
            }


BRANCHES = ("main", "release/2.4", "fix/login", "feature/search", "chore/update")


def ci(random: Random) -> Iterator[Fields]:
    for build in count(random.randrange(100, 900)):
        branch, seconds = random.choice(BRANCHES), random.randrange(40, 900)
        has_failed = random.random() < 0.3
        link = f"https://ci.example.com/builds/{build}"
        yield {
            "identifier": "build.failed" if has_failed else "build.passed",
            "title": f"Build {build} {'failed' if has_failed else 'passed'}",
            "description": f"{branch}, after {seconds // 60} min {seconds % 60} s",
            "priority": "high" if has_failed else "low",
            "action_url": link,
            "data": {"build": build, "branch": branch, "seconds": seconds},
        }
        if not has_failed and branch == "main":
            yield {
                "identifier": "deploy.finished",
                "title": f"Build {build} is live",
                "action_url": link,
                "data": {"build": build},
            }


def storm(random: Random) -> Iterator[Fields]:
    for number in count(1):
        yield {
            "identifier": f"storm.{random.choice(('rain', 'wind', 'hail', 'thunder'))}",
            "title": f"Gust {number}",
            "priority": random.choice(("low", "normal", "normal", "high")),
            "data": {"number": number},
        }


SCENARIOS = {
    "classic": Scenario(summary="a message, a subscription that expires, a profile that is complete", tell=classic),
    "chat": Scenario(summary="people write and mention you", tell=chat),
    "shop": Scenario(summary="orders, from placed to delivered", tell=shop),
    "ci": Scenario(summary="builds pass, fail and go live", tell=ci),
    "storm": Scenario(summary="500 notifications, a hundred a second", tell=storm, interval_seconds=0.01, count=500),
}
