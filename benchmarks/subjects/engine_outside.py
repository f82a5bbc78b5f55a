"""A program of the product's back end that uses the engine's Python interface: ``many USERS SECONDS``."""

from __future__ import annotations

import sys
from time import perf_counter

import django

django.setup()

from notifications import notify_many  # noqa: E402


def main() -> None:
    _, _, users, seconds = sys.argv
    names = [f"u{number}" for number in range(int(users))]
    notify_many(["warm"], title="warm", identifier="MESSAGE")
    print("ready", flush=True)
    for _ in sys.stdin:  # to its end, which comes when the last hints have arrived: they are sent by a thread
        stored, ends = 0, perf_counter() + float(seconds)
        while not stored or perf_counter() < ends:
            stored += notify_many(names, title=f"many {stored}", description="Deploy at noon", identifier="MESSAGE")
        print(stored, flush=True)


if __name__ == "__main__":
    main()
