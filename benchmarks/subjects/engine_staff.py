"""Prints the cookie of a member of staff who is logged in."""

from __future__ import annotations

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402


def main() -> None:
    user, _ = get_user_model().objects.get_or_create(username="benchmarks", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    print(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")


if __name__ == "__main__":
    main()
