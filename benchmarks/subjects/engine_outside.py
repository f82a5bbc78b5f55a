"""A program of the product's back end that uses the engine's Python interface: ``many USERS ROUNDS``."""

from __future__ import annotations

import sys

import django

django.setup()

from notifications import notify_many  # noqa: E402


def main() -> None:
    _, _, users, rounds = sys.argv
    names = [f"u{number}" for number in range(int(users))]
    notify_many(["warm"], title="warm", identifier="MESSAGE")
    print("ready", flush=True)
    sys.stdin.readline()
    stored = sum(
        notify_many(names, title=f"many {number}", description="Deploy at noon", identifier="MESSAGE")
        for number in range(int(rounds))
    )
    print(stored, flush=True)
    sys.stdin.read()  # the publisher's thread ends with the process: the last hints are on their way


if __name__ == "__main__":
    main()
