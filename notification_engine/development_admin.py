"""Make the development administrator: ``python -m notification_engine.development_admin``."""

from __future__ import annotations

import os

import django


def main() -> None:
    """Create ``admin`` with the password ``admin`` unless it exists; its changed password stays as it is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notification_engine.settings.development")
    django.setup()

    from django.conf import settings
    from django.contrib.auth.models import User

    if not settings.DEBUG:
        raise SystemExit("The administrator admin/admin is for development only; use createsuperuser.")
    if not User.objects.filter(username="admin").exists():
        User.objects.create_superuser("admin", password="admin")  # noqa: S106 - DEBUG only, said on the screen
    print("Development administrator: admin / admin (unless you changed the password)")


if __name__ == "__main__":
    main()
