"""A program of the product's back end that stores with the baseline's model: ``many USERS ROUNDS``."""

from __future__ import annotations

import sys

import django

django.setup()

from benchmarks.baseline.inbox.models import Notification  # noqa: E402


def main() -> None:
    _, _, users, rounds = sys.argv
    names = [f"u{number}" for number in range(int(users))]
    Notification.objects.create(user_id="warm", title="warm", identifier="MESSAGE")
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(rounds)):
        for name in names:
            Notification.objects.create(
                user_id=name, title=f"many {number}", description="Deploy at noon", identifier="MESSAGE"
            )
    print(int(rounds) * len(names), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
