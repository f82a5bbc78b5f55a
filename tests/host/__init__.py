"""A foreign project embeds the app and proves that it needs nothing of the service."""
