"""``manage.py …``: one file a command."""
