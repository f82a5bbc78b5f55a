"""The app: its receiver is connected when Django is ready."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "benchmarks.baseline.inbox"
    label = "inbox"

    def ready(self) -> None:
        from . import receivers  # noqa: F401
