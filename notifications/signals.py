"""The signals the engine sends, inside the transaction of what they tell."""

from django.dispatch import Signal

inbox_changed = Signal()
"""Of verbs over many rows, which send no ``post_save``. ``changes``: one ``notifications.models.Change`` per inbox."""

board_changed = Signal()
"""An announcement was published to everyone, edited or retracted: every inbox has something to take in."""

list_announced = Signal()
"""An announcement to a list of users waits to be delivered."""
