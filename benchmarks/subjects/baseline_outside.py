"""A program of the product's back end that stores with the baseline's model: ``many USERS SECONDS``."""

from __future__ import annotations

import sys
from time import perf_counter

import django

django.setup()

from benchmarks.baseline.inbox.models import Notification  # noqa: E402


def main() -> None:
    _, _, users, seconds = sys.argv
    names = [f"u{number}" for number in range(int(users))]
    Notification.objects.create(user_id="warm", title="warm", identifier="MESSAGE")
    print("ready", flush=True)
    for _ in sys.stdin:
        stored, ends = 0, perf_counter() + float(seconds)
        while not stored or perf_counter() < ends:
            for name in names:
                Notification.objects.create(
                    user_id=name, title=f"many {stored}", description="Deploy at noon", identifier="MESSAGE"
                )
            stored += len(names)
        print(stored, flush=True)


if __name__ == "__main__":
    main()
