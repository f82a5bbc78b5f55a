"""The signal the engine sends: an inbox changed by a verb over many rows, which send no ``post_save``."""

from django.dispatch import Signal

inbox_changed = Signal()
"""Sent inside the transaction with ``changes``: a list of ``notifications.models.Change``, one per inbox."""
