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
    sys.stdin.readline()
    stored, ends = 0, perf_counter() + float(seconds)
    while not stored or perf_counter() < ends:
        stored += notify_many(names, title=f"many {stored}", description="Deploy at noon", identifier="MESSAGE")
    print(stored, flush=True)
    sys.stdin.read()  # the publisher's thread ends with the process: the last hints are on their way


if __name__ == "__main__":
    main()
