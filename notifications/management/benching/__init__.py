"""``manage.py bench``: a short measurement of this installation, with nothing but what the service itself needs."""
