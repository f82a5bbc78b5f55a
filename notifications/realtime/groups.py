"""The channel layer's group of each user."""

from hashlib import blake2b


def group_of(user_id: str) -> str:
    """A name of letters, digits and dots whatever the user_id holds."""
    return f"notifications.{blake2b(user_id.encode(), digest_size=16).hexdigest()}"
